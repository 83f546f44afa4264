-- =====================================================================================================================
-- Upkeep: ends what nobody ends any more, and forgets what has expired
-- =====================================================================================================================
-- Each function below is a job of the sweep. It takes a bite of bounded size, the oldest first, in a transaction of its own, so
-- that nobody whose rows it holds waits longer than 0.1 s, and says what it did: it is called again until that was nothing.
-- Safe at any time, also twice at once.

create function public.end_overdue_turns(p_at timestamptz default now(), p_limit int default 25) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_user_id uuid;
  v_turns int := 0;
  v_reservations int := 0;
begin
  for v_user_id in
    (select t.user_id from public.ai_chat_turns as t
      where t.status = 'running' and t.lease_until <= p_at order by t.lease_until limit p_limit)
    union
    (select l.user_id from public.ai_usage_ledger as l
      where l.status = 'reserved' and l.expires_at <= p_at
        and not exists (select from public.ai_chat_turns as t where t.id = l.turn_id and t.status = 'running')
      order by l.expires_at limit p_limit)
    order by user_id
  loop
    perform private.lock_user(v_user_id);
    v_turns := v_turns + private.fail_lost_turns(v_user_id, p_at);
    v_reservations := v_reservations + private.release_expired(v_user_id, p_at);
  end loop;
  return jsonb_build_object('turns_failed', v_turns, 'reservations_released', v_reservations);
end;
$$;
comment on function public.end_overdue_turns is
  'Ends turns whose worker must be dead, with their reservations, and releases other reservations whose time is over: '
  '{turns_failed, reservations_released}.';

create function public.end_overdue_actions(p_at timestamptz default now(), p_limit int default 25) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  -- No function that carries an action out runs longer than a minute.
  v_lost_before constant timestamptz := p_at - interval '5 minutes';
  v_user_id uuid;
  v_expired int := 0;
  v_lost int := 0;
  n int;
begin
  for v_user_id in
    (select a.user_id from public.ai_action_requests as a
      where a.status = 'pending' and a.expires_at <= p_at order by a.expires_at limit p_limit)
    union
    (select a.user_id from public.ai_action_requests as a
      where a.status = 'approved' and a.dispatched_at <= v_lost_before order by a.dispatched_at limit p_limit)
    order by user_id
  loop
    perform private.lock_user(v_user_id);
    select count(private.expire_action(a.id)) into n
    from public.ai_action_requests as a
    where a.user_id = v_user_id and a.status = 'pending' and a.expires_at <= p_at;
    v_expired := v_expired + n;
    select count(public.finish_action(
      v_user_id, a.id, null,
      'The outcome is unknown: the request may or may not have arrived. It will not be sent again.'
    )) into n
    from public.ai_action_requests as a
    where a.user_id = v_user_id and a.status = 'approved' and a.dispatched_at <= v_lost_before;
    v_lost := v_lost + n;
  end loop;
  return jsonb_build_object('actions_expired', v_expired, 'actions_lost', v_lost);
end;
$$;
comment on function public.end_overdue_actions is
  'Ends proposals whose time is over, and effects outside whose worker must be dead: failed, with an unknown outcome. '
  '{actions_expired, actions_lost}.';

create function public.end_lost_rooms(p_at timestamptz default now(), p_limit int default 25) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms;
  v_user_id uuid;
  v_rooms int := 0;
begin
  for v_user_id in
    select distinct d.user_id
    from (
      select x.user_id from public.rooms as x
      where x.status in ('pending', 'processing', 'active') and x.alive_until <= p_at order by x.alive_until limit p_limit
    ) as d
    order by d.user_id
  loop
    perform private.lock_user(v_user_id);
    for r in
      select x.* from public.rooms as x
      where x.user_id = v_user_id and x.status in ('pending', 'processing', 'active') and x.alive_until <= p_at
      for update
    loop
      perform private.end_room(r, 'failed', 'timed_out');
      v_rooms := v_rooms + 1;
    end loop;
  end loop;
  return jsonb_build_object('rooms_failed', v_rooms);
end;
$$;
comment on function public.end_lost_rooms is
  'Ends rooms whose workflow must be dead, with their reservations: {rooms_failed}.';

create function public.forget_expired(p_at timestamptz default now(), p_limit int default 1000) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_tickets int;
  v_keys int;
  v_connections int;
begin
  -- By their places in the table: whatever the statistics say, that is how they are deleted. What is in use waits.
  delete from public.realtime_tickets as t where t.ctid = any (array(
    select x.ctid from public.realtime_tickets as x
    where x.expires_at <= p_at order by x.expires_at limit p_limit for update skip locked
  ));
  get diagnostics v_tickets = row_count;
  delete from public.ai_idempotency_keys as i where i.ctid = any (array(
    select x.ctid from public.ai_idempotency_keys as x
    where x.expires_at <= p_at order by x.expires_at limit p_limit for update skip locked
  ));
  get diagnostics v_keys = row_count;
  delete from public.websocket_connections as c where c.ctid = any (array(
    select x.ctid from public.websocket_connections as x
    where x.connected_at <= p_at - private.socket_life() limit p_limit for update skip locked
  ));
  get diagnostics v_connections = row_count;
  return jsonb_build_object(
    'tickets_deleted', v_tickets, 'idempotency_keys_deleted', v_keys, 'connections_deleted', v_connections
  );
end;
$$;
comment on function public.forget_expired is
  'Forgets expired tickets, idempotency keys and sockets: {tickets_deleted, idempotency_keys_deleted, connections_deleted}.';

create function public.prune_events(p_at timestamptz default now(), p_limit int default 2000) returns jsonb
language sql security definer set search_path = '' as $$
  with oldest as materialized (
    select e.ctid as place, e.stream from public.ai_events as e
    where e.created_at < p_at - interval '7 days' order by e.created_at limit p_limit
  ), locked as materialized ( -- a stream that is being written to is left for the next time
    select s.stream from public.ai_streams as s
    where s.stream in (select o.stream from oldest as o) for no key update skip locked
  ), gone as (
    delete from public.ai_events as e
    where e.ctid = any (array(select o.place from oldest as o join locked as l on l.stream = o.stream))
    returning e.stream, e.seq
  ), marked as (
    update public.ai_streams as s set pruned_through = greatest(s.pruned_through, g.seq)
    from (select x.stream, max(x.seq) as seq from gone as x group by x.stream) as g
    where s.stream = g.stream
  )
  select jsonb_build_object('events_pruned', (select count(*) from gone));
$$;
comment on function public.prune_events is
  'Deletes events older than seven days and notes on their streams that there is a gap: {events_pruned}.';

create function public.unused_uploads(p_at timestamptz default now(), p_limit int default 100) returns jsonb
language sql stable security definer set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('id', v.id, 'key', v.key)), '[]')
  from (
    select x.id, x.key from public.room_file_versions as x
    -- An hour after the last moment at which a room could take it (private.attach_uploads).
    where x.room_id is null and x.created_at <= p_at - interval '2 days 1 hour' limit p_limit
  ) as v;
$$;
comment on function public.unused_uploads is
  'Uploads that no room took in two days: [{id, key}]. Their objects are deleted first, then forget_uploads is called.';

create function public.forget_uploads(p_ids uuid[]) returns jsonb
language sql security definer set search_path = '' as $$
  with gone as (
    delete from public.room_file_versions as v where v.id = any (p_ids) and v.room_id is null returning v.id
  )
  select jsonb_build_object('uploads_deleted', (select count(*) from gone));
$$;
comment on function public.forget_uploads is 'Forgets uploads that no room took: {uploads_deleted}. Safe to repeat.';

create function public.upkeep_lag(p_at timestamptz default now()) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_object_agg(d.job, coalesce(extract(epoch from p_at - d.due), 0))
  from (
    values
      ('end_overdue_turns', (select min(t.lease_until) from public.ai_chat_turns as t where t.status = 'running' and t.lease_until <= p_at)),
      ('end_overdue_actions', (select min(a.expires_at) from public.ai_action_requests as a where a.status = 'pending' and a.expires_at <= p_at)),
      ('end_lost_rooms', (select min(r.alive_until) from public.rooms as r where private.is_open(r) and r.alive_until <= p_at)),
      ('forget_expired', (select min(i.expires_at) from public.ai_idempotency_keys as i where i.expires_at <= p_at)),
      ('prune_events', (select min(e.created_at) + '7 days' from public.ai_events as e where e.created_at < p_at - interval '7 days')),
      ('delete_uploads', (
        select min(v.created_at) + interval '2 days 1 hour' from public.room_file_versions as v
        where v.room_id is null and v.created_at <= p_at - interval '2 days 1 hour'
      )),
      ('wake_rooms', (select min(k.answered_at) + interval '1 minute' from private.room_task_tokens as k
        where k.answered_at <= p_at - interval '1 minute')),
      ('delete_leftovers', (select min(l.due_at) from private.leftovers as l where l.due_at <= p_at)),
      ('reset_usage', ( -- which has a schedule of its own, on Mondays: of last week, an hour later
        select e.due from (select date_trunc('week', p_at at time zone 'UTC') at time zone 'UTC' + interval '1 hour') as e (due)
        where e.due <= p_at
          and exists (select from public.ai_usage as u where u.period_start = (e.due at time zone 'UTC')::date - 7)
          and not exists (select from public.ai_usage_weeks as w where w.period_start = (e.due at time zone 'UTC')::date - 7)
      )),
      ('finish_erasure', (
        select min(e.asked_at) + interval '5 minutes' from private.erasures as e where e.asked_at <= p_at - interval '5 minutes'
      ))
  ) as d (job, due);
$$;
comment on function public.upkeep_lag is
  'For how many seconds the oldest thing that each job of the sweep has to do has been due: {job: seconds}, 0 where nothing is.';

create function public.schema_version() returns text
language plpgsql stable security definer set search_path = '' as $$
begin
  -- The record of the Supabase CLI; a database that was made otherwise has none.
  if to_regclass('supabase_migrations.schema_migrations') is null then
    return null;
  end if;
  return (select max(m.version) from supabase_migrations.schema_migrations as m);
end;
$$;
comment on function public.schema_version is 'The version of the newest migration that was applied, or null where nobody recorded any.';

grant execute on function public.schema_version, public.end_overdue_turns, public.end_overdue_actions, public.end_lost_rooms, public.forget_expired,
  public.prune_events, public.unused_uploads, public.forget_uploads, public.upkeep_lag to service_role;
