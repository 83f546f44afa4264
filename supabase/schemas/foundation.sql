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

-- On the disks of today a page is read in any order at nearly the same cost. By the default of 4 the planner would sort a user's
-- whole history, where an index gives the page in its order.
do $$
begin
  execute format('alter database %I set random_page_cost = 1.1', current_database());
end;
$$;

create schema private;
revoke all on schema private from public;
grant usage on schema private to authenticated, service_role;
comment on schema private is 'Parts that SQL functions and views share. PostgREST does not expose this schema.';

create function private.set_updated_at() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.updated_at := now();
  return new;
end;
$$;
comment on function private.set_updated_at() is 'Trigger: stamps updated_at on every update, whatever the caller sent.';

create function private.utc(p_at timestamptz) returns text
language sql immutable set search_path = '' as $$
  select to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
$$;
comment on function private.utc is 'A time as the API and the events show it: RFC 3339 in UTC, whatever the server''s zone.';

-- ------------------------------------------------------------------------------------------- one at a time per user
create function private.lock_user(p_user_id uuid) returns void
language sql set search_path = '' as $$
  select pg_advisory_xact_lock(hashtextextended(p_user_id::text, 0));
$$;
comment on function private.lock_user is
  'Taken first, until the transaction ends, by whatever changes the turns or the usage of a user: rows can then be locked in '
  'any order without a deadlock. Who takes it for several users goes by their ids.';

create function private.lock_writer() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  -- Our own functions act for nobody's token, and hold the lock already.
  if auth.uid() is not null then
    perform private.lock_user(auth.uid());
  end if;
  return null;
end;
$$;
comment on function private.lock_writer is
  'Trigger, before the statement has locked a row: what users write under their own token waits for an action at work, and an '
  'action for them. So nothing changes between the state that an action saw and the one that it writes.';
