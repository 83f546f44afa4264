-- =====================================================================================================================
-- Upkeep of what is everybody's, and the end of an account
-- =====================================================================================================================

-- ------------------------------------------------------------------------------------------------------- upkeep
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
    ('ai_messages', 'room_id in (select r.id from public.rooms as r where r.user_id = $1)', '"timestamp"'),
    ('files', 'room_id in (select r.id from public.rooms as r where r.user_id = $1)', 'created_at'),
    ('room_file_versions', 'user_id = $1', 'created_at'),
    ('room_inputs', 'room_id in (select r.id from public.rooms as r where r.user_id = $1)', 'asked_at'),
    ('room_tasks', 'room_id in (select r.id from public.rooms as r where r.user_id = $1)', 'position'),
    ('websocket_subscriptions', 'user_id = $1', 'stream'),
    ('websocket_connections', 'user_id = $1', 'connected_at'),
    ('realtime_tickets', 'user_id = $1', 'expires_at'),
    ('rooms', 'user_id = $1', 'created_at'),
    ('ai_chat_sessions', 'user_id = $1', 'created_at'),
    ('ai_profile', 'user_id = $1', 'created_at'),
    ('ai_user_plans', 'user_id = $1', 'plan_id'),
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

grant execute on function public.sweep, public.export_account, public.delete_account_data to service_role;
