-- =====================================================================================================================
-- An account as a whole: all of it as one document, and its end
-- =====================================================================================================================

create function private.account_tables()
returns table (name text, belongs text, ordering text)
language sql immutable set search_path = '' as $$
  -- Children first, so that each table's count is its own and not what a cascade took along.
  values
    ('ai_feedback', 'user_id = $1', 'created_at'),
    ('ai_action_requests', 'user_id = $1', 'created_at'),
    ('ai_memories', 'user_id = $1', 'created_at'),
    ('workout_logs', 'user_id = $1', 'performed_on'),
    ('workout_plans', 'user_id = $1', 'created_at'),
    ('ai_idempotency_keys', 'user_id = $1', 'created_at'),
    ('ai_chat_messages', 'user_id = $1', 'created_at'),
    ('ai_usage_ledger', 'user_id = $1', 'created_at'),
    ('ai_usage', 'user_id = $1', 'period_start'),
    ('ai_chat_turns', 'user_id = $1', 'started_at'),
    ('ai_messages', 'room_id in (select r.id from public.rooms as r where r.user_id = $1)', '"timestamp"'),
    ('files', 'room_id in (select r.id from public.rooms as r where r.user_id = $1)', 'created_at'),
    ('room_file_versions', 'user_id = $1', 'created_at'),
    ('room_inputs', 'room_id in (select r.id from public.rooms as r where r.user_id = $1)', 'asked_at'),
    ('room_tasks', 'room_id in (select r.id from public.rooms as r where r.user_id = $1)', 'position'),
    ('websocket_subscriptions', 'user_id = $1', 'stream'),
    ('websocket_connections', 'user_id = $1', 'connected_at'),
    ('realtime_tickets', 'user_id = $1', 'expires_at'),
    ('rooms', 'user_id = $1', 'created_at'),
    ('room_schedules', 'user_id = $1', 'created_at'),
    ('ai_chat_sessions', 'user_id = $1', 'created_at'),
    ('ai_profile', 'user_id = $1', 'created_at'),
    ('ai_user_plans', 'user_id = $1', 'plan_id'),
    ('ai_events', 'user_id = $1', 'created_at'),
    ('ai_streams', 'user_id = $1', 'stream')
$$;
comment on function private.account_tables is
  'Every table that holds something of a user: which of its rows are the user''s, and their order in an export. A test compares '
  'it with the catalogue.';

create function public.export_account(p_user_id uuid) returns text
language plpgsql security definer set search_path = '' set statement_timeout = '25s' as $$
declare
  v_user jsonb;
  -- Joined once at the end: a document that grows by a table is copied for each.
  v_tables text[] := '{}';
  v_rows text;
  t record;
begin
  select jsonb_build_object(
    'id', u.id, 'email', u.email, 'created_at', u.created_at, 'user_metadata', u.raw_user_meta_data
  ) into v_user
  from auth.users as u where u.id = p_user_id;
  if not found then
    raise sqlstate 'PT401' using message = 'account_gone';
  end if;
  perform private.count_use(p_user_id, 'exports');
  for t in select a.* from private.account_tables() as a loop
    execute format(
      'select string_agg(row_to_json(x)::text, '','' order by x.%s) from public.%I as x where %s', t.ordering, t.name, t.belongs
    ) into v_rows using p_user_id;
    v_tables := v_tables || format('%s:[%s]', to_json(t.name), v_rows);
  end loop;
  return format(
    '{"exported_at":%s,"user":%s,"tables":{%s}}', to_json(now()), v_user, array_to_string(v_tables, ',')
  );
end;
$$;
comment on function public.export_account is
  'Everything that is stored of a user as the text of a JSON document: {exported_at, user, tables: {name: rows}}, all of one '
  'instant. Years of it are many megabytes, which nobody on the way has to read. PT401 account_gone, PT429 too_many_exports.';

-- ------------------------------------------------------------------------------------------------------ its end
create table private.erasures (
  user_id uuid primary key references auth.users (id) on delete cascade,
  asked_at timestamptz not null default now()
);
comment on table private.erasures is 'Accounts that are being deleted: what takes longer than a request is gone on with by the sweep.';
create index erasures_asked_at_idx on private.erasures (asked_at);

create table private.leftovers (
  prefix text primary key,
  due_at timestamptz not null
);
comment on table private.leftovers is
  'Where a deleted account may still put objects, by an address that it was given or an agent at work: looked at once more when '
  'both must have ended.';
create index leftovers_due_at_idx on private.leftovers (due_at);

create function private.note_leftovers(p_prefixes text[]) returns void
language sql set search_path = '' as $$
  insert into private.leftovers as l (prefix, due_at)
  -- Addresses hold for 15 minutes, and so long an agent may run.
  select distinct x.prefix, now() + interval '20 minutes' from unnest(p_prefixes) as x (prefix)
  on conflict (prefix) do update set due_at = excluded.due_at;
$$;
comment on function private.note_leftovers is 'Has the sweep look at these prefixes of keys in twenty minutes.';

create function public.begin_erasure(p_user_id uuid) returns void
language sql security definer set search_path = '' as $$
  insert into private.erasures (user_id) select u.id from auth.users as u where u.id = p_user_id on conflict do nothing;
$$;
comment on function public.begin_erasure is 'Notes that a user wants the account deleted. Safe to repeat.';

create function public.end_rooms_to_erase(p_user_id uuid, p_limit int default 50) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_rooms jsonb := '[]';
  v_open boolean;
  r public.rooms;
begin
  perform private.lock_user(p_user_id);
  for r in select x.* from public.rooms as x where x.user_id = p_user_id order by x.created_at, x.id limit p_limit for update loop
    v_open := private.is_open(r);
    if v_open then
      perform private.end_room(r, 'failed', 'cancelled');
      perform private.note_leftovers(array[r.folder_path]);
    end if;
    v_rooms := v_rooms || jsonb_build_object(
      'id', r.id, 'folder_path', r.folder_path, 'execution_arn', case when v_open then r.execution_arn end
    );
  end loop;
  return v_rooms;
end;
$$;
comment on function public.end_rooms_to_erase is
  'The user''s oldest rooms, ended: [{id, folder_path, execution_arn (where it was open: to be stopped)}].';

create function public.erase_rooms(p_user_id uuid, p_ids uuid[]) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_receipt jsonb := '{}';
  v_count int;
  t record;
begin
  perform private.lock_user(p_user_id);
  for t in
    select a.name, case when a.name = 'rooms' then 'x.id' else 'x.room_id' end as of_room from private.account_tables() as a
    where a.name in ('ai_messages', 'files', 'room_file_versions', 'room_inputs', 'room_tasks', 'rooms')
  loop
    execute format(
      'delete from public.%I as x where %s in (select r.id from public.rooms as r where r.user_id = $1 and r.id = any ($2) and not private.is_open(r))',
      t.name, t.of_room
    ) using p_user_id, p_ids;
    get diagnostics v_count = row_count;
    v_receipt := v_receipt || jsonb_build_object(t.name, v_count);
  end loop;
  return v_receipt;
end;
$$;
comment on function public.erase_rooms is
  'Deletes some rooms of a user, whose objects are gone already, and returns how many rows of each table. One that its owner has '
  'begun again meanwhile is left for the next bite. Safe to repeat.';

create function public.claim_erasure(p_at timestamptz default now()) returns uuid
language sql security definer set search_path = '' as $$
  update private.erasures as e set asked_at = p_at
  where e.user_id = (
    select x.user_id from private.erasures as x
    where x.asked_at <= p_at - interval '5 minutes' order by x.asked_at for update skip locked limit 1
  )
  returning e.user_id;
$$;
comment on function public.claim_erasure is
  'A user whose deletion nobody has gone on with for five minutes; null where there is none. It is the caller''s for five minutes.';

create function public.due_leftovers(p_at timestamptz default now()) returns jsonb
language sql stable security definer set search_path = '' as $$
  select coalesce(jsonb_agg(l.prefix), '[]')
  from (select x.prefix from private.leftovers as x where x.due_at <= p_at order by x.due_at limit 100) as l;
$$;
comment on function public.due_leftovers is 'Prefixes of keys at which nothing should be any more: [prefix].';

create function public.forget_leftovers(p_prefixes text[]) returns jsonb
language sql security definer set search_path = '' as $$
  with gone as (delete from private.leftovers as l where l.prefix = any (p_prefixes) returning l.prefix)
  select jsonb_build_object('leftovers_deleted', (select count(*) from gone));
$$;
comment on function public.forget_leftovers is 'Forgets prefixes whose objects have been deleted. Safe to repeat.';

create function public.delete_account_data(p_user_id uuid, p_prefixes text[] default '{}', p_limit int default 10000)
returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_receipt jsonb := '{}';
  v_count int;
  v_ledger int;
  t record;
begin
  perform private.lock_user(p_user_id);
  perform private.note_leftovers(
    p_prefixes || array(select r.folder_path from public.rooms as r where r.user_id = p_user_id) -- opened a moment ago
  );
  -- In the order in which subscribe goes, and before what hangs on them: close_connections goes by the sockets, prune_events by
  -- the streams.
  perform from public.websocket_connections as c where c.user_id = p_user_id order by c.connection_id for update;
  perform from public.rooms as r where r.user_id = p_user_id order by r.id for update;
  perform from public.ai_streams as s where s.user_id = p_user_id order by s.stream for update;
  -- In one statement, so that no settlement falls between what is summed and what is deleted.
  with bite as materialized (
    select l.id, u.period_start, c.id is not null as at_work
    from public.ai_usage_ledger as l
    join public.ai_usage as u on u.id = l.usage_id
    -- Its worker can settle no more: as in delete_session, it has used the most that it can have.
    left join public.ai_chat_turns as c on c.id = l.turn_id and c.status = 'running' and c.lease_until > now()
    where l.user_id = p_user_id limit p_limit
  ), gone as (
    delete from public.ai_usage_ledger as l using bite as b where l.id = b.id
    returning b.period_start, coalesce(l.model, '') as model, l.status = 'settled' or b.at_work as is_used,
      coalesce(l.tokens_used, l.tokens_reserved) as tokens_used, coalesce(l.cost_used, l.cost_reserved) as cost_used
  ), summed as (
    insert into public.ai_usage_totals as s (period_start, model, reservations, tokens, cost)
    select g.period_start, g.model, count(*), sum(g.tokens_used), sum(g.cost_used)
    from gone as g
    where g.is_used
    group by g.period_start, g.model
    order by g.period_start, g.model -- accounts that are deleted at once wait for each other in one order
    on conflict (period_start, model) do update
    set reservations = s.reservations + excluded.reservations, tokens = s.tokens + excluded.tokens,
      cost = s.cost + excluded.cost
  )
  select count(*) into v_ledger from gone;
  if v_ledger >= p_limit then
    return jsonb_build_object('ai_usage_ledger', v_ledger); -- the rest needs its weeks
  end if;

  for t in select a.* from private.account_tables() as a loop
    execute format(
      'delete from public.%I where ctid = any (array(select x.ctid from public.%I as x where %s limit $2))', t.name, t.name, t.belongs
    ) using p_user_id, p_limit;
    get diagnostics v_count = row_count;
    v_receipt := v_receipt || jsonb_build_object(t.name, v_count);
    exit when v_count >= p_limit; -- what it belongs to would take the rest along, however much that is
  end loop;
  return v_receipt || jsonb_build_object('ai_usage_ledger', v_ledger);
end;
$$;
comment on function public.delete_account_data is
  'Deletes the rows of a user and returns how many of each table: at most p_limit, and again until no table has so many. What was '
  'used stays as a sum over all deleted accounts. What comes to p_prefixes afterwards is deleted by the sweep. Safe to repeat.';

grant execute on function public.export_account, public.begin_erasure, public.end_rooms_to_erase, public.erase_rooms,
  public.claim_erasure, public.due_leftovers, public.forget_leftovers, public.delete_account_data to service_role;
