-- =====================================================================================================================
-- An account as a whole: all of it as one document, and its end
-- =====================================================================================================================

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

create function public.export_account(p_user_id uuid) returns json
language plpgsql
stable
security definer
set search_path = ''
as $$
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
  for t in select a.* from private.account_tables() as a loop
    execute format(
      'select string_agg(row_to_json(x)::text, '','' order by x.%s) from public.%I as x where %s', t.ordering, t.name, t.belongs
    ) into v_rows using p_user_id;
    v_tables := v_tables || format('%s:[%s]', to_json(t.name), v_rows);
  end loop;
  return format(
    '{"exported_at":%s,"user":%s,"tables":{%s}}', to_json(now()), v_user, array_to_string(v_tables, ',')
  )::json;
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
  -- In the order in which subscribe goes, and before what hangs on them: close_connections goes by the sockets, prune_events by
  -- the streams.
  perform from public.websocket_connections as c where c.user_id = p_user_id order by c.connection_id for update;
  perform from public.rooms as r where r.user_id = p_user_id order by r.id for update;
  perform from public.ai_streams as s where s.user_id = p_user_id order by s.stream for update;
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

grant execute on function public.export_account, public.delete_account_data to service_role;
