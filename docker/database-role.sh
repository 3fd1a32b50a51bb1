#!/bin/sh
# Run once by the image of PostgreSQL, over an empty data folder: the role that our processes log in with owns its database and no
# more, and the superuser, who could read the server's files, logs in through the container's own socket alone.
set -eu
psql --username "${POSTGRES_USER:-postgres}" --dbname "$POSTGRES_DB" --set ON_ERROR_STOP=1 --set password="$POSTGRES_PASSWORD" <<'SQL'
CREATE ROLE unitscope LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD :'password';
ALTER DATABASE :"DBNAME" OWNER TO unitscope;
ALTER SCHEMA public OWNER TO unitscope;
REVOKE ALL ON DATABASE :"DBNAME" FROM PUBLIC;
ALTER ROLE CURRENT_USER PASSWORD NULL;
SQL
