-- =====================================================================================================================
-- Realtime: streams of durable events, sockets and what each listens to, tickets for sockets
-- =====================================================================================================================
-- An event gets its seq in the transaction that made it true. Whoever lost a socket reads on from the last seq it saw.

-- --------------------------------------------------------------------------------------------------- ai_streams
create table public.ai_streams (
  stream text primary key check (stream ~ '^(session|user|room):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'),
  user_id uuid not null references auth.users (id) on delete cascade,
  last_seq bigint not null default 0 check (last_seq >= 0),
  pruned_through bigint not null default 0 check (pruned_through between 0 and last_seq)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02); -- each is counted up again and again, in its own page
comment on table public.ai_streams is 'What events are numbered by: session:<id>, user:<id>, room:<id>.';
comment on column public.ai_streams.pruned_through is
  'Events up to here are gone; who asks for them has a gap and reads a snapshot.';

create index ai_streams_user_id_idx on public.ai_streams (user_id);

create function private.delete_events() returns trigger
language plpgsql set search_path = '' as $$
begin
  delete from public.ai_events as e where e.user_id = old.user_id and e.stream = old.stream;
  return null;
end;
$$;
comment on function private.delete_events is
  'Trigger: deletes the events of a stream that is deleted. A foreign key of both columns would need a second unique index of '
  'streams, at which one of two who open the same stream at once would fail.';
create trigger ai_streams_delete_events after delete on public.ai_streams
  for each row execute function private.delete_events();

alter table public.ai_streams enable row level security;
create policy "Owners use their streams" on public.ai_streams for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select on public.ai_streams to authenticated, service_role;

-- ---------------------------------------------------------------------------------------------------- ai_events
create table public.ai_events (
  stream text not null,
  seq bigint not null check (seq > 0),
  user_id uuid not null references auth.users (id) on delete cascade,
  type text not null check (char_length(type) between 1 and 50),
  data jsonb not null default '{}' check (jsonb_typeof(data) = 'object'),
  created_at timestamptz not null default clock_timestamp(),
  primary key (user_id, stream, seq) -- with the user, whom row level security adds
) with (
  autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02
);
comment on table public.ai_events is 'Durable events, kept for seven days.';
comment on column public.ai_events.data is
  'As it was pushed, with ids in the place of what is read from its own row: see public.list_events.';

create index ai_events_created_at_idx on public.ai_events (created_at);
alter table public.ai_events enable row level security;
create policy "Owners use their events" on public.ai_events for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select on public.ai_events to authenticated, service_role;

create function private.emit_events(p_stream text, p_user_id uuid, p_types text[], p_data jsonb[], p_stored jsonb[])
returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_seq bigint;
  v_events jsonb;
begin
  -- Locks the stream until the transaction ends, so that seqs are seen in their order.
  update public.ai_streams as s set last_seq = s.last_seq + cardinality(p_types) where s.stream = p_stream
  returning s.last_seq into v_seq;
  if not found then
    insert into public.ai_streams as s (stream, user_id, last_seq) values (p_stream, p_user_id, cardinality(p_types))
    on conflict (stream) do update set last_seq = s.last_seq + excluded.last_seq
    returning s.last_seq into v_seq;
  end if;
  v_seq := v_seq - cardinality(p_types);
  with stored as (
    insert into public.ai_events (stream, seq, user_id, type, data)
    select p_stream, v_seq + n.i, p_user_id, n.type, n.data from unnest(p_types, p_stored) with ordinality as n (type, data, i)
    returning seq, type, created_at
  )
  select jsonb_agg(jsonb_build_object(
    'v', 1, 'stream', p_stream, 'seq', e.seq, 'type', e.type, 'ts', private.utc(e.created_at), 'data', p_data[(e.seq - v_seq)::int]
  ) order by e.seq) into v_events
  from stored as e;
  return v_events;
end;
$$;
comment on function private.emit_events is
  'Numbers and stores events of a stream and returns their envelopes, for whoever pushes them. p_stored is kept in the place of '
  'p_data: the same with the id of a message in its place, so that no text is stored twice.';

create function private.emit_event(p_stream text, p_user_id uuid, p_type text, p_data jsonb, p_stored jsonb default null)
returns jsonb
language sql set search_path = '' as $$
  select private.emit_events(p_stream, p_user_id, array[p_type], array[p_data], array[coalesce(p_stored, p_data)]) -> 0;
$$;
comment on function private.emit_event is 'One event, as private.emit_events.';

create function private.stored_turn(t public.ai_chat_turns) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object('turn', jsonb_strip_nulls(private.turn_json(t)) - array['session_id', 'status']
    - case when t.cancel_requested_at is null then 'cancel_requested' else '' end);
$$;
comment on function private.stored_turn is 'Of a turn what its event''s stream and type do not say: {turn}, as private.event_data reads it.';

create function private.event_data(e public.ai_events, p_message jsonb) returns jsonb
language sql immutable set search_path = '' as $$
  select e.data
    || case when e.type like 'turn.%' then jsonb_build_object('turn', jsonb_build_object(
      'session_id', substr(e.stream, 9), 'status', replace(substr(e.type, 6), 'started', 'running'), 'replaces', null, 'error_code', null,
      'partial_content', null, 'cancel_requested', false, 'ended_at', null
    ) || (e.data -> 'turn')) else '{}' end
    || case when jsonb_typeof(e.data -> 'message') = 'string' then jsonb_build_object('message', p_message) else '{}' end;
$$;
comment on function private.event_data is
  'What was pushed, of what is stored of it and the message that it names; null for one that is no more.';

create function public.list_events(p_user_id uuid, p_stream text, p_after bigint, p_limit int) returns jsonb
language sql stable security definer set search_path = '' as $$
  with page as materialized (
    select e.* from public.ai_events as e
    where e.user_id = p_user_id and e.stream = p_stream and e.seq > p_after order by e.seq limit p_limit
  ), said as materialized ( -- a message is written a moment before its event: one range of the session's index has all
    select m.* from public.ai_chat_messages as m
    where m.user_id = p_user_id and m.session_id = case when p_stream like 'session:%' then substr(p_stream, 9)::uuid end
      and m.created_at between (select min(x.created_at) - interval '1 minute' from page as x)
        and (select max(x.created_at) from page as x)
  )
  select jsonb_build_object(
    'stream', p_stream,
    'items', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'v', 1, 'stream', e.stream, 'seq', e.seq, 'type', e.type, 'ts', private.utc(e.created_at), 'data', case
          when e.type = 'usage.updated' then (select jsonb_build_object('usage', to_jsonb(u)) from private.usage_snapshot(p_user_id) as u)
          else private.event_data(e::public.ai_events, case when m.id is not null then private.message_json(m::public.ai_chat_messages) end) end
      ) order by e.seq), '[]')
      from page as e left join said as m on m.id::text = e.data ->> 'message'
    ),
    'as_of', coalesce(s.last_seq, 0), 'gap', p_after < coalesce(s.pruned_through, 0)
  )
  from (select) as one left join public.ai_streams as s on s.stream = p_stream and s.user_id = p_user_id;
$$;
comment on function public.list_events is
  'Events of a user''s stream behind a seq, at most p_limit: {stream, items, as_of, gap}, all of one instant. Of usage it tells '
  'what is true now. Empty for another''s stream.';

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

-- ------------------------------------------------------------------------------------------------------- sockets
create function private.socket_life() returns interval
language sql immutable set search_path = '' as $$
  select interval '130 minutes';
$$;
comment on function private.socket_life is 'API Gateway ends a socket after two hours; what is older is a row that was left behind.';

create function public.open_connection(p_connection_id text, p_user_id uuid) returns void
language plpgsql security definer set search_path = '' as $$
begin
  if not exists (select 1 from auth.users as u where u.id = p_user_id) then
    raise sqlstate 'PT401' using message = 'account_gone';
  end if;
  perform private.lock_user(p_user_id);
  insert into public.websocket_connections (connection_id, user_id) values (p_connection_id, p_user_id)
  on conflict (connection_id) do nothing;
  -- In the order of close_connections; nobody is kept out by rows of sockets whose end was never told.
  delete from public.websocket_connections as c where c.connection_id in (
    select x.connection_id from public.websocket_connections as x
    where x.connection_id in (
      select o.connection_id from public.websocket_connections as o
      where o.user_id = p_user_id order by o.connected_at desc, o.connection_id offset 20
    )
    order by x.connection_id for update
  );
end;
$$;
comment on function public.open_connection is
  'Records a socket that was opened by an authenticated user. Safe to repeat. PT401 when the account is gone. '
  'A user has 20 at most: the oldest gives way.';

create function public.create_ticket(p_user_id uuid, p_ticket_hash text, p_seconds int) returns timestamptz
language plpgsql security definer set search_path = '' as $$
declare
  v_expires_at constant timestamptz := now() + make_interval(secs => p_seconds);
begin
  if not exists (select 1 from auth.users as u where u.id = p_user_id) then
    raise sqlstate 'PT401' using message = 'account_gone';
  end if;
  perform private.count_use(p_user_id, 'tickets');
  insert into public.realtime_tickets (ticket_hash, user_id, expires_at) values (p_ticket_hash, p_user_id, v_expires_at);
  return v_expires_at;
end;
$$;
comment on function public.create_ticket is
  'Stores the sha256 of a ticket; returns when it ends. PT401 when the account is gone, PT429 too_many_tickets.';

create function public.open_connection_by_ticket(p_connection_id text, p_ticket_hash text) returns void
language plpgsql security definer set search_path = '' as $$
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
comment on function public.open_connection_by_ticket is
  'Spends a ticket on a socket. PT401 ticket_invalid for a spent, expired or unknown one.';

create function public.close_connection(p_connection_id text) returns void
language sql security definer set search_path = '' as $$
  delete from public.websocket_connections where connection_id = p_connection_id;
$$;
comment on function public.close_connection is 'Forgets a socket. Safe to repeat.';

create function public.close_connections(p_connection_ids text[]) returns void
language plpgsql security definer set search_path = '' as $$
begin
  perform from public.websocket_connections as c where c.connection_id = any (p_connection_ids) order by c.connection_id for update;
  perform from public.websocket_subscriptions as w where w.connection_id = any (p_connection_ids)
  order by w.stream, w.connection_id for update; -- as end_subscriptions goes
  delete from public.websocket_connections as c where c.connection_id = any (p_connection_ids);
end;
$$;
comment on function public.close_connections is 'Forgets sockets that a push found gone. Safe to repeat.';

create function private.end_subscriptions(p_stream text, p_spared uuid default null) returns void
language plpgsql set search_path = '' as $$
begin
  perform from public.websocket_subscriptions as w where w.stream = p_stream and w.user_id is distinct from p_spared
  order by w.connection_id for update;
  delete from public.websocket_subscriptions as w where w.stream = p_stream and w.user_id is distinct from p_spared;
end;
$$;
comment on function private.end_subscriptions is
  'Nobody listens to the stream any more, except p_spared. In the order in which close_connections goes, so that neither ever waits '
  'for the other in a circle; no socket is locked, since who subscribes holds it before the room.';

-- ------------------------------------------------------------------------------------------------- subscriptions
create function public.subscribe(p_connection_id text, p_stream text) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_stream constant text := lower(p_stream);
  v_user_id uuid;
  v_kind constant text := split_part(v_stream, ':', 1);
  v_id constant text := split_part(v_stream, ':', 2);
  v_owner uuid;
  v_shared boolean := false;
  v_last_seq bigint;
begin
  -- The socket, the room, the stream: whoever locks several of them does so in this order.
  select c.user_id into v_user_id from public.websocket_connections as c where c.connection_id = p_connection_id for key share;
  if v_stream ~ '^[a-z]+:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    if v_kind = 'room' then
      -- Locked until the subscription is there: a share that ends now either refuses it or finds and ends it.
      select r.user_id, r.is_shared into v_owner, v_shared from public.rooms as r where r.id = v_id::uuid for share;
    else
      v_owner := case v_kind
        when 'session' then (select s.user_id from public.ai_chat_sessions as s where s.id = v_id::uuid)
        when 'user' then v_id::uuid
      end;
    end if;
  end if;
  if v_user_id is null or v_owner is null or not (v_owner = v_user_id or v_shared) then
    raise sqlstate 'PT404' using message = 'stream_not_found';
  end if;
  insert into public.websocket_subscriptions (connection_id, stream, user_id)
  values (p_connection_id, v_stream, v_user_id)
  on conflict do nothing;
  -- Locks the stream, as emit_event does: an event is either counted in as_of or pushed to the new listener.
  insert into public.ai_streams as s (stream, user_id) values (v_stream, v_owner)
  on conflict (stream) do update set user_id = excluded.user_id
  returning s.last_seq into v_last_seq;
  if v_owner <> v_user_id and (
    select count(*) from public.websocket_subscriptions as w where w.stream = v_stream and w.user_id <> v_owner
  ) > 100 then
    raise sqlstate 'PT429' using message = 'too_many_listeners', detail = '{"limit": 100, "retry_after": 60}';
  end if;
  if (select count(*) from public.websocket_subscriptions as w where w.connection_id = p_connection_id) > 100 then
    raise sqlstate 'PT422' using message = 'too_many_subscriptions', detail = '{"limit": 100}';
  end if;
  return jsonb_build_object('stream', v_stream, 'as_of', v_last_seq);
end;
$$;
comment on function public.subscribe is
  'Sends a stream of the connection''s own user, or of a shared room, to it from now on: {stream (in lower case), as_of}. PT404 stream_not_found '
  'otherwise, PT429 too_many_listeners for a stranger who would be the 101st, PT422 too_many_subscriptions on one socket.';

create function public.unsubscribe(p_connection_id text, p_stream text) returns void
language sql security definer set search_path = '' as $$
  delete from public.websocket_subscriptions where connection_id = p_connection_id and stream = lower(p_stream);
$$;
comment on function public.unsubscribe is 'Ends a subscription. Safe to repeat.';

create function private.listeners(p_user_id uuid, p_stream text) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(w.connection_id order by w.user_id <> p_user_id), '[]')
  from public.websocket_subscriptions as w
  where w.stream = p_stream and (
    w.user_id = p_user_id
    or exists (
      select 1 from public.rooms as r
      where r.id = case when p_stream like 'room:%' then substr(p_stream, 6)::uuid end and r.is_shared and r.user_id = p_user_id
    )
  );
$$;
comment on function private.listeners is
  'The connections that a stream of a user is pushed to: the user''s own first, then those of others while the room is shared.';

grant execute on function public.open_connection, public.create_ticket, public.open_connection_by_ticket,
  public.close_connection, public.close_connections, public.subscribe, public.unsubscribe, public.list_events to service_role;
