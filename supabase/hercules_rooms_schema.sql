-- Hercules: rooms, realtime, upkeep, as one whole to read. Made from supabase/migrations/ by `make schema`; apply the migrations, not this.
-- Needs hercules_ai_schema.sql before it.

set check_function_bodies = off; -- they may name what comes later

-- =====================================================================================================================
-- Rooms: a prompt, the agents' messages, their files, and who is watching
-- =====================================================================================================================

-- -------------------------------------------------------------------------------------------------------- rooms
create table public.rooms (
  id uuid primary key default gen_random_uuid(),
  room_id text not null unique check (char_length(room_id) between 16 and 64),
  user_id uuid not null references auth.users (id) on delete cascade,
  task_prompt text not null check (char_length(task_prompt) between 1 and 8000),
  created_at timestamptz not null default now(),
  status text not null default 'pending' check (status in ('pending', 'active', 'processing', 'completed', 'failed')),
  llm_used text check (llm_used in ('OpenAI', 'Gemini', 'Mixed')),
  agents_used jsonb check (jsonb_typeof(agents_used) = 'array'),
  folder_path text not null check (char_length(folder_path) <= 1024)
);
comment on table public.rooms is 'A task room: several agents work on one prompt and write files.';
comment on column public.rooms.room_id is 'Shareable id: sha256 of user id and timestamp. The key is id.';
comment on column public.rooms.folder_path is 'Prefix of the room''s files in the rooms bucket: rooms/{room_id}/.';

create index rooms_user_id_created_at_idx on public.rooms (user_id, created_at desc, id desc);

alter table public.rooms enable row level security;
create policy "Owners use their rooms" on public.rooms for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select on public.rooms to authenticated, service_role;

-- -------------------------------------------------------------------------------------------------- ai_messages
create table public.ai_messages (
  id uuid primary key default gen_random_uuid(),
  room_id uuid not null references public.rooms (id) on delete cascade,
  agent_name text not null check (char_length(agent_name) between 1 and 100),
  content text not null,
  response text,
  model_used text check (char_length(model_used) <= 200),
  tool_calls jsonb,
  "timestamp" timestamptz not null default now(),
  token_count integer check (token_count >= 0)
);
comment on table public.ai_messages is 'Every message between agents and between an agent and the system of a room.';

create index ai_messages_room_id_timestamp_idx on public.ai_messages (room_id, "timestamp", id);

alter table public.ai_messages enable row level security;
create policy "Owners use the messages of their rooms" on public.ai_messages for all to authenticated
  using (exists (select 1 from public.rooms as r where r.id = ai_messages.room_id and r.user_id = (select auth.uid())))
  with check (exists (select 1 from public.rooms as r where r.id = ai_messages.room_id and r.user_id = (select auth.uid())));
grant select on public.ai_messages to authenticated, service_role;

-- -------------------------------------------------------------------------------------------------------- files
create table public.files (
  id uuid primary key default gen_random_uuid(),
  room_id uuid not null references public.rooms (id) on delete cascade,
  filename text not null check (octet_length(filename) between 1 and 255),
  file_path_on_server text not null check (char_length(file_path_on_server) between 1 and 1024),
  file_size_bytes bigint not null check (file_size_bytes >= 0),
  mime_type text check (char_length(mime_type) <= 255),
  created_at timestamptz not null default now(),
  description text check (char_length(description) <= 2000)
);
comment on table public.files is 'Files that a room''s agents used or made.';
comment on column public.files.file_path_on_server is 'Key of the object in the rooms bucket.';

create index files_room_id_created_at_idx on public.files (room_id, created_at, id);

alter table public.files enable row level security;
create policy "Owners use the files of their rooms" on public.files for all to authenticated
  using (exists (select 1 from public.rooms as r where r.id = files.room_id and r.user_id = (select auth.uid())))
  with check (exists (select 1 from public.rooms as r where r.id = files.room_id and r.user_id = (select auth.uid())));
grant select on public.files to authenticated, service_role;

-- ---------------------------------------------------------------------------------------- websocket_connections
create table public.websocket_connections (
  connection_id text primary key check (char_length(connection_id) <= 128),
  room_id uuid references public.rooms (id) on delete cascade,
  user_id uuid not null references auth.users (id) on delete cascade,
  connected_at timestamptz not null default now()
);
comment on table public.websocket_connections is 'Open sockets. A connection watches one room, or (null) none yet.';

create index websocket_connections_room_id_idx on public.websocket_connections (room_id);
create index websocket_connections_user_id_idx on public.websocket_connections (user_id);

alter table public.websocket_connections enable row level security;
create policy "Owners use their connections" on public.websocket_connections for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select on public.websocket_connections to authenticated, service_role;

create function public.open_connection(p_connection_id text, p_user_id uuid) returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  if not exists (select 1 from auth.users as u where u.id = p_user_id) then
    raise sqlstate 'PT401' using message = 'account_gone';
  end if;
  insert into public.websocket_connections (connection_id, user_id) values (p_connection_id, p_user_id)
  on conflict (connection_id) do nothing;
end;
$$;
comment on function public.open_connection is
  'Records a socket that was opened by an authenticated user. Safe to repeat. PT401 when the account is gone.';

create function public.close_connection(p_connection_id text) returns void
language sql
security definer
set search_path = ''
as $$
  delete from public.websocket_connections where connection_id = p_connection_id;
$$;
comment on function public.close_connection is 'Forgets a socket. Safe to repeat.';

grant execute on function public.open_connection, public.close_connection to service_role;

-- =====================================================================================================================
-- Realtime: streams of durable events, who listens, tickets for sockets
-- =====================================================================================================================
-- An event gets its seq in the transaction that made it true. Whoever lost a socket reads on from the last seq it saw.

-- --------------------------------------------------------------------------------------------------- ai_streams
create table public.ai_streams (
  stream text primary key check (stream ~ '^(session|user|room):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'),
  user_id uuid not null references auth.users (id) on delete cascade,
  last_seq bigint not null default 0 check (last_seq >= 0),
  pruned_through bigint not null default 0 check (pruned_through between 0 and last_seq)
);
comment on table public.ai_streams is 'What events are numbered by: session:<id>, user:<id>, room:<id>.';
comment on column public.ai_streams.pruned_through is 'Events up to here are gone; who asks for them has a gap and reads a snapshot.';

create index ai_streams_user_id_idx on public.ai_streams (user_id);
alter table public.ai_streams enable row level security;
create policy "Owners use their streams" on public.ai_streams for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select on public.ai_streams to authenticated, service_role;

-- ---------------------------------------------------------------------------------------------------- ai_events
create table public.ai_events (
  stream text not null references public.ai_streams (stream) on delete cascade,
  seq bigint not null check (seq > 0),
  user_id uuid not null references auth.users (id) on delete cascade,
  type text not null check (char_length(type) between 1 and 50),
  data jsonb not null default '{}' check (jsonb_typeof(data) = 'object'),
  created_at timestamptz not null default clock_timestamp(),
  primary key (stream, seq)
);
comment on table public.ai_events is 'Durable events, kept for seven days.';

create index ai_events_user_id_idx on public.ai_events (user_id);
create index ai_events_created_at_idx on public.ai_events (created_at);
alter table public.ai_events enable row level security;
create policy "Owners use their events" on public.ai_events for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select on public.ai_events to authenticated, service_role;

create function private.emit_event(p_stream text, p_user_id uuid, p_type text, p_data jsonb) returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_seq bigint;
  v_at timestamptz;
begin
  -- Locks the stream until the transaction ends, so that seqs are seen in their order.
  insert into public.ai_streams as s (stream, user_id, last_seq) values (p_stream, p_user_id, 1)
  on conflict (stream) do update set last_seq = s.last_seq + 1
  returning s.last_seq into v_seq;
  insert into public.ai_events (stream, seq, user_id, type, data) values (p_stream, v_seq, p_user_id, p_type, p_data)
  returning created_at into v_at;
  return jsonb_build_object('v', 1, 'stream', p_stream, 'seq', v_seq, 'type', p_type, 'ts', private.utc(v_at), 'data', p_data);
end;
$$;
comment on function private.emit_event is 'Numbers and stores an event and returns its envelope, for whoever pushes it.';

-- ------------------------------------------------------------------------------------ websocket_subscriptions
create table public.websocket_subscriptions (
  connection_id text not null references public.websocket_connections (connection_id) on delete cascade,
  stream text not null check (char_length(stream) <= 60),
  user_id uuid not null references auth.users (id) on delete cascade,
  primary key (stream, connection_id)
);
comment on table public.websocket_subscriptions is 'Which streams an open socket is sent.';

create index websocket_subscriptions_connection_id_idx on public.websocket_subscriptions (connection_id);
create index websocket_subscriptions_user_id_idx on public.websocket_subscriptions (user_id);
alter table public.websocket_subscriptions enable row level security;
create policy "Owners use their subscriptions" on public.websocket_subscriptions for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select on public.websocket_subscriptions to authenticated, service_role;

create function private.listeners(p_user_id uuid, p_stream text) returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(w.connection_id), '[]')
  from public.websocket_subscriptions as w
  where w.stream = p_stream and w.user_id = p_user_id;
$$;
comment on function private.listeners is 'The connections of a user that a stream is pushed to.';

create function public.subscribe(p_connection_id text, p_stream text) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_user_id uuid;
  v_kind constant text := split_part(p_stream, ':', 1);
  v_id constant text := split_part(p_stream, ':', 2);
  v_owner uuid;
  v_last_seq bigint;
begin
  select c.user_id into v_user_id from public.websocket_connections as c where c.connection_id = p_connection_id;
  if p_stream ~ '^[a-z]+:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    v_owner := case v_kind
      when 'session' then (select s.user_id from public.ai_chat_sessions as s where s.id = v_id::uuid)
      when 'room' then (select r.user_id from public.rooms as r where r.id = v_id::uuid)
      when 'user' then v_id::uuid
    end;
  end if;
  if v_user_id is null or v_owner is distinct from v_user_id then
    raise sqlstate 'PT404' using message = 'stream_not_found';
  end if;
  insert into public.websocket_subscriptions (connection_id, stream, user_id)
  values (p_connection_id, p_stream, v_user_id)
  on conflict do nothing;
  -- Locks the stream, as emit_event does: an event is either counted in as_of or pushed to the new listener.
  insert into public.ai_streams as s (stream, user_id) values (p_stream, v_user_id)
  on conflict (stream) do update set user_id = excluded.user_id
  returning s.last_seq into v_last_seq;
  return jsonb_build_object('stream', p_stream, 'as_of', v_last_seq);
end;
$$;
comment on function public.subscribe is
  'Sends a stream of the connection''s own user to it from now on: {stream, as_of}. PT404 stream_not_found otherwise.';

create function public.unsubscribe(p_connection_id text, p_stream text) returns void
language sql
security definer
set search_path = ''
as $$
  delete from public.websocket_subscriptions where connection_id = p_connection_id and stream = p_stream;
$$;
comment on function public.unsubscribe is 'Ends a subscription. Safe to repeat.';

create function public.close_connections(p_connection_ids text[]) returns void
language sql
security definer
set search_path = ''
as $$
  delete from public.websocket_connections where connection_id = any (p_connection_ids);
$$;
comment on function public.close_connections is 'Forgets sockets that a push found gone. Safe to repeat.';

-- --------------------------------------------------------------------------------------------- realtime_tickets
create table public.realtime_tickets (
  ticket_hash text primary key check (ticket_hash ~ '^[0-9a-f]{64}$'),
  user_id uuid not null references auth.users (id) on delete cascade,
  expires_at timestamptz not null
);
comment on table public.realtime_tickets is 'Single-use tickets that open a socket where a client cannot send headers. Hashed.';

create index realtime_tickets_user_id_idx on public.realtime_tickets (user_id);
create index realtime_tickets_expires_at_idx on public.realtime_tickets (expires_at);
alter table public.realtime_tickets enable row level security;
create policy "Owners use their tickets" on public.realtime_tickets for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select on public.realtime_tickets to service_role;

create function public.create_ticket(p_user_id uuid, p_ticket_hash text, p_seconds int) returns timestamptz
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_expires_at constant timestamptz := now() + make_interval(secs => p_seconds);
begin
  if not exists (select 1 from auth.users as u where u.id = p_user_id) then
    raise sqlstate 'PT401' using message = 'account_gone';
  end if;
  insert into public.realtime_tickets (ticket_hash, user_id, expires_at) values (p_ticket_hash, p_user_id, v_expires_at);
  return v_expires_at;
end;
$$;
comment on function public.create_ticket is 'Stores the sha256 of a ticket; returns when it ends. PT401 when the account is gone.';

create function public.open_connection_by_ticket(p_connection_id text, p_ticket_hash text) returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_user_id uuid;
begin
  delete from public.realtime_tickets as t
  where t.ticket_hash = p_ticket_hash and t.expires_at > now()
  returning t.user_id into v_user_id;
  if v_user_id is null then
    raise sqlstate 'PT401' using message = 'ticket_invalid';
  end if;
  perform public.open_connection(p_connection_id, v_user_id);
end;
$$;
comment on function public.open_connection_by_ticket is 'Spends a ticket on a socket. PT401 ticket_invalid for a spent, expired or unknown one.';

grant execute on function public.subscribe, public.unsubscribe, public.close_connections, public.create_ticket, public.open_connection_by_ticket to service_role;

-- =====================================================================================================================
-- Snapshots, upkeep, and the end of an account
-- =====================================================================================================================

create function public.session_snapshot(p_user_id uuid, p_session_id uuid, p_messages int default 50) returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select jsonb_build_object(
    'session', private.session_json(s),
    'messages', (
      select coalesce(jsonb_agg(private.message_json(x::public.ai_chat_messages) order by x.created_at desc, x.id desc), '[]')
      from (
        select m.* from public.ai_chat_messages as m
        where m.session_id = s.id order by m.created_at desc, m.id desc limit p_messages
      ) as x
    ),
    'running_turn', (
      select private.turn_json(t) from public.ai_chat_turns as t where t.session_id = s.id and t.status = 'running'
    ),
    'pending_actions', (
      select coalesce(jsonb_agg(private.action_json(a) order by a.created_at, a.id), '[]')
      from public.ai_action_requests as a where a.session_id = s.id and a.status = 'pending'
    ),
    'usage', (select to_jsonb(u) from private.usage_snapshot(p_user_id) as u),
    'as_of', coalesce(
      (select e.last_seq from public.ai_streams as e where e.stream = private.session_stream(s.id)), 0
    )
  )
  from public.ai_chat_sessions as s
  where s.id = p_session_id and s.user_id = p_user_id;
$$;
comment on function public.session_snapshot is
  'A session with its newest messages, running turn, pending actions, usage and as_of, the seq of its stream, all of one instant; null for one '
  'that is not the user''s.';

create function public.delete_session(p_user_id uuid, p_session_id uuid) returns boolean
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.lock_user(p_user_id);
  -- What was streamed has been read, and the worker can settle no more: it is charged the most that it can have used. Of
  -- a worker that is dead nothing came; its reservation expires.
  perform private.settle_usage(l.id, l.tokens_reserved, l.messages_reserved, l.cost_reserved, l.model, true)
  from (
    select x.id from public.ai_chat_turns as x
    where x.session_id = p_session_id and x.user_id = p_user_id and x.status = 'running' and x.lease_until > now()
    for update
  ) as t
  join public.ai_usage_ledger as l on l.turn_id = t.id;
  delete from public.ai_chat_sessions as s where s.id = p_session_id and s.user_id = p_user_id;
  if not found then
    return false;
  end if;
  delete from public.ai_streams as e where e.stream = private.session_stream(p_session_id);
  delete from public.websocket_subscriptions as w where w.stream = private.session_stream(p_session_id);
  return true;
end;
$$;
comment on function public.delete_session is
  'Deletes a session and all that hangs on it; usage stays, and a turn that still runs is charged what it had reserved. False '
  'for one that is not the user''s.';

-- ------------------------------------------------------------------------------------------------------- upkeep
create function private.prune_events(p_before timestamptz) returns int
language plpgsql
set search_path = ''
as $$
declare
  v_pruned int;
begin
  with old as (
    select e.stream, e.seq
    from public.ai_events as e join public.ai_streams as s on s.stream = e.stream
    where e.created_at < p_before
    for no key update skip locked -- of both: what is being written to or deleted is left for the next time
  ), gone as (
    delete from public.ai_events as e using old as o
    where e.stream = o.stream and e.seq = o.seq
    returning e.stream, e.seq
  ), marked as (
    update public.ai_streams as s set pruned_through = g.seq
    from (select x.stream, max(x.seq) as seq from gone as x group by x.stream) as g
    where s.stream = g.stream
  )
  select count(*) into v_pruned from gone;
  return v_pruned;
end;
$$;
comment on function private.prune_events is 'Deletes events from before a time and notes on their streams that there is a gap.';

create function public.sweep(p_at timestamptz default now()) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_overdue record;
  v_tickets int;
  v_keys int;
  v_connections int;
begin
  select * into v_overdue from private.end_overdue(p_at);
  -- From here on it holds the locks of users, so it waits for nobody: what is in use is left for the next time.
  delete from public.realtime_tickets as t where t.ticket_hash in (
    select x.ticket_hash from public.realtime_tickets as x where x.expires_at <= p_at for update skip locked
  );
  get diagnostics v_tickets = row_count;
  delete from public.ai_idempotency_keys as i where (i.user_id, i.operation, i.key) in (
    select x.user_id, x.operation, x.key from public.ai_idempotency_keys as x
    where x.expires_at <= p_at for update skip locked
  );
  get diagnostics v_keys = row_count;
  -- API Gateway ends every socket after two hours.
  delete from public.websocket_connections as c where c.connection_id in (
    select x.connection_id from public.websocket_connections as x
    where x.connected_at <= p_at - interval '2 hours 10 minutes' for update skip locked
  );
  get diagnostics v_connections = row_count;
  return jsonb_build_object(
    'turns_failed', v_overdue.turns, 'reservations_released', v_overdue.reservations, 'tickets_deleted', v_tickets,
    'idempotency_keys_deleted', v_keys, 'connections_deleted', v_connections,
    'events_pruned', private.prune_events(p_at - interval '7 days')
  );
end;
$$;
comment on function public.sweep is
  'Every 15 minutes: ends turns whose worker is dead, releases expired reservations, forgets expired tickets, keys, sockets and '
  'events older than seven days. Safe at any time.';

-- ------------------------------------------------------------------------------------------------------ account
create table public.ai_usage_totals (
  period_start date not null,
  model text not null,
  reservations bigint not null default 0,
  tokens bigint not null default 0,
  cost numeric(14, 6) not null default 0,
  primary key (period_start, model)
);
comment on table public.ai_usage_totals is 'What deleted accounts had used, summed over all of them: nobody''s in particular.';

alter table public.ai_usage_totals enable row level security;
grant select on public.ai_usage_totals to service_role;

create function private.account_tables()
returns table (name text, belongs text, ordering text)
language sql
immutable
set search_path = ''
as $$
  -- Children first, so that each table's count is its own and not what a cascade took along.
  values
    ('ai_feedback', 'user_id = $1', 'created_at'),
    ('ai_action_requests', 'user_id = $1', 'created_at'),
    ('workout_logs', 'user_id = $1', 'performed_on'),
    ('workout_plans', 'user_id = $1', 'created_at'),
    ('ai_idempotency_keys', 'user_id = $1', 'created_at'),
    ('ai_chat_messages', 'user_id = $1', 'created_at'),
    ('ai_usage_ledger', 'user_id = $1', 'created_at'),
    ('ai_usage', 'user_id = $1', 'period_start'),
    ('ai_chat_turns', 'user_id = $1', 'started_at'),
    ('ai_chat_sessions', 'user_id = $1', 'created_at'),
    ('ai_profile', 'user_id = $1', 'created_at'),
    ('ai_user_plans', 'user_id = $1', 'plan_id'),
    ('websocket_subscriptions', 'user_id = $1', 'stream'),
    ('websocket_connections', 'user_id = $1', 'connected_at'),
    ('realtime_tickets', 'user_id = $1', 'expires_at'),
    ('ai_messages', 'room_id in (select r.id from public.rooms as r where r.user_id = $1)', '"timestamp"'),
    ('files', 'room_id in (select r.id from public.rooms as r where r.user_id = $1)', 'created_at'),
    ('rooms', 'user_id = $1', 'created_at'),
    ('ai_events', 'user_id = $1', 'created_at'),
    ('ai_streams', 'user_id = $1', 'stream')
$$;
comment on function private.account_tables is
  'Every table that holds something of a user: which of its rows are the user''s, and their order in an export. A test compares '
  'it with the catalogue.';

create function public.export_account(p_user_id uuid) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_user jsonb;
  v_tables jsonb := '{}';
  v_rows jsonb;
  t record;
begin
  select jsonb_build_object(
    'id', u.id, 'email', u.email, 'created_at', u.created_at, 'user_metadata', u.raw_user_meta_data
  ) into v_user
  from auth.users as u where u.id = p_user_id;
  if not found then
    raise sqlstate 'PT401' using message = 'account_gone';
  end if;
  for t in select a.* from private.account_tables() as a loop
    execute format(
      'select coalesce(jsonb_agg(to_jsonb(x) order by x.%s), ''[]'') from public.%I as x where %s', t.ordering, t.name, t.belongs
    ) into v_rows using p_user_id;
    v_tables := v_tables || jsonb_build_object(t.name, v_rows);
  end loop;
  return jsonb_build_object('exported_at', now(), 'user', v_user, 'tables', v_tables);
end;
$$;
comment on function public.export_account is
  'Everything that is stored of a user: {exported_at, user, tables: {name: rows}}, all of one instant. PT401 when the account is '
  'gone.';

create function public.delete_account_data(p_user_id uuid) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_receipt jsonb := '{}';
  v_count int;
  v_ledger int;
  t record;
begin
  perform private.lock_user(p_user_id);
  -- In one statement, so that no settlement falls between what is summed and what is deleted.
  with gone as (
    delete from public.ai_usage_ledger as l using public.ai_usage as u
    where l.user_id = p_user_id and u.id = l.usage_id
    returning u.period_start, coalesce(l.model, '') as model, l.status, l.tokens_used, l.cost_used
  ), summed as (
    insert into public.ai_usage_totals as s (period_start, model, reservations, tokens, cost)
    select g.period_start, g.model, count(*), sum(g.tokens_used), sum(g.cost_used)
    from gone as g
    where g.status = 'settled'
    group by g.period_start, g.model
    order by g.period_start, g.model -- accounts that are deleted at once wait for each other in one order
    on conflict (period_start, model) do update
    set reservations = s.reservations + excluded.reservations, tokens = s.tokens + excluded.tokens,
      cost = s.cost + excluded.cost
  )
  select count(*) into v_ledger from gone;

  for t in select a.* from private.account_tables() as a loop
    execute format('delete from public.%I where %s', t.name, t.belongs) using p_user_id;
    get diagnostics v_count = row_count;
    v_receipt := v_receipt || jsonb_build_object(t.name, v_count);
  end loop;
  return v_receipt || jsonb_build_object('ai_usage_ledger', v_ledger);
end;
$$;
comment on function public.delete_account_data is
  'Deletes every row of a user and returns how many of each table; what was used stays as a sum over all deleted accounts. Safe '
  'to repeat.';

grant execute on function public.session_snapshot, public.delete_session, public.sweep, public.export_account, public.delete_account_data to service_role;

-- The snapshot of a session shows its pending actions; the tables of training are a user's too.

