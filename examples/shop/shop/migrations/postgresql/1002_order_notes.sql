-- What the buyer wants the packer to know.
ALTER TABLE orders ADD COLUMN note text COLLATE "C";
