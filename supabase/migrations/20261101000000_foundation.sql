-- =====================================================================================================================
-- Foundation: extensions, default-deny privileges, the private schema
-- =====================================================================================================================

create schema if not exists extensions;
create extension if not exists vector with schema extensions;

-- Supabase grants everything new in `public` to the API roles. Here nothing is granted unless a migration says so.
-- (The built-in EXECUTE for PUBLIC can only be revoked without naming a schema.)
alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges in schema public revoke all on sequences from anon, authenticated, service_role;
alter default privileges in schema public revoke all on functions from anon, authenticated, service_role;
alter default privileges revoke execute on functions from public;

create schema private;
revoke all on schema private from public;
grant usage on schema private to authenticated, service_role;
comment on schema private is 'Parts that SQL functions and views share. PostgREST does not expose this schema.';

create function private.set_updated_at() returns trigger
language plpgsql
set search_path = ''
as $$
begin
  new.updated_at := now();
  return new;
end;
$$;
comment on function private.set_updated_at() is 'Trigger: stamps updated_at on every update, whatever the caller sent.';

create function private.utc(p_at timestamptz) returns text
language sql
immutable
set search_path = ''
as $$
  select to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
$$;
comment on function private.utc is 'A time as the API and the events show it: RFC 3339 in UTC, whatever the server''s zone.';
