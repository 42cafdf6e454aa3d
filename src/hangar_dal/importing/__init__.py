"""Import an existing database: read it, write a baseline migration, models and queries, and prove that they fit.

`source` reads the database; `postgresql` and `sqlite` know how. `plan` says what is written for each table, and
`baseline`, `module` and `queries` write it. `proof` tries it on scratch databases. Nothing here changes the database
that is read.
"""
