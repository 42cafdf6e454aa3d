CREATE TABLE users (
    id bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_name_key UNIQUE (name)
);
