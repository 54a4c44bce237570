/** Empties every table that the gateway created in a PostgreSQL database. Its migrations stay applied. */
export const emptyTables = `DO $$
  DECLARE tables text := (
    SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') FROM pg_tables WHERE schemaname = 'public'
  );
  BEGIN
    IF tables IS NOT NULL THEN EXECUTE 'TRUNCATE ' || tables; END IF;
  END $$`;
