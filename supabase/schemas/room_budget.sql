-- =====================================================================================================================
-- The budget of a room: reserved from the week when it is created, settled when it ends
-- =====================================================================================================================
-- In between, used + in flight <= limit holds for each of its limits, whoever asks at the same time.

create function private.default_budget() returns jsonb
language sql immutable set search_path = '' as $$
  -- A fifth of the free plan's week.
  select '{"tokens": 200000, "cost": 0.20, "calls": 100, "seconds": 3600, "files": 50, "bytes": 20971520}'::jsonb;
$$;
comment on function private.default_budget is 'What a room may use where nothing else was said: cost in US dollars.';

create function private.in_flight(r public.rooms, p_except uuid default null, out tokens bigint, out cost numeric, out calls int)
language sql stable set search_path = '' as $$
  select coalesce(sum(f.tokens), 0)::bigint, coalesce(sum(f.cost), 0), count(f.tokens)::int
  from (
    select t.in_flight_tokens, t.in_flight_cost from public.room_tasks as t
    where t.room_id = r.id and t.in_flight_tokens is not null and t.id is distinct from p_except
    union all
    select x.in_flight_tokens, x.in_flight_cost from public.rooms as x where x.id = r.id and p_except is not null
  ) as f (tokens, cost);
$$;
comment on function private.in_flight is
  'The most that a room''s running model calls may use, without that of one task (null: that of planning and review).';

create function private.room_usage(p_room_id uuid, out files int, out bytes bigint)
language sql stable set search_path = '' as $$
  select count(distinct v.filename)::int, coalesce(sum(v.size), 0)::bigint
  from public.room_file_versions as v where v.room_id = p_room_id;
$$;
comment on function private.room_usage is 'How many files a room has, drafts with them, and how many bytes in all their versions.';

create function private.limit_reached(
  r public.rooms, p_task_id uuid, p_tokens int, p_cost numeric, out name text, out held boolean
)
language sql
volatile
set search_path = ''
as $$
  select l.name, l.held
  from private.in_flight(r, p_task_id) as f, lateral (
    values
      ('tokens', r.tokens_used + f.tokens + p_tokens > r.token_limit, r.tokens_used + p_tokens <= r.token_limit),
      ('cost', r.cost_used + f.cost + p_cost > r.cost_limit, r.cost_used + p_cost <= r.cost_limit),
      ('calls', r.calls_used + f.calls + 1 > r.call_limit, r.calls_used + 1 <= r.call_limit),
      ('seconds', private.seconds_worked(r) >= r.second_limit, false)
  ) as l (name, reached, held)
  where l.reached
  order by l.held limit 1;
$$;
comment on function private.limit_reached is
  'The limit that stands in the way of a model call which may use this much, and whether it is only held by calls that are '
  'under way: {name, held}; no row when none does.';

create function private.room_budget(r public.rooms) returns jsonb
language sql
volatile
set search_path = ''
as $$
  select jsonb_build_object(
    'limits', jsonb_build_object(
      'tokens', r.token_limit, 'cost', r.cost_limit, 'calls', r.call_limit, 'seconds', r.second_limit, 'files', r.file_limit,
      'bytes', r.byte_limit
    ),
    'used', jsonb_build_object(
      'tokens', r.tokens_used, 'cost', r.cost_used, 'calls', r.calls_used, 'seconds', round(private.seconds_worked(r)::numeric, 3),
      'files', s.files, 'bytes', s.bytes
    ),
    'cost_complete', r.cost_complete, 'estimated', r.estimated
  )
  from private.room_usage(r.id) as s;
$$;
comment on function private.room_budget is 'A room''s limits and what is used of them: {limits, used, cost_complete, estimated}.';

create function private.warn_of_budget(p_room_id uuid) returns jsonb
language plpgsql set search_path = '' as $$
declare
  r public.rooms;
  v_budget jsonb;
  v_limit text;
  v_share numeric;
begin
  select x.* into strict r from public.rooms as x where x.id = p_room_id;
  if r.warned then
    return '[]';
  end if;
  v_budget := private.room_budget(r);
  select l.key, (v_budget -> 'used' ->> l.key)::numeric / nullif(l.value::numeric, 0) into v_limit, v_share
  from jsonb_each_text(v_budget -> 'limits') as l
  order by 2 desc nulls last limit 1;
  if v_share < 0.8 or v_share is null then
    return '[]';
  end if;
  update public.rooms as x set warned = true where x.id = r.id;
  return jsonb_build_array(private.emit_event(
    private.room_stream(r.id), r.user_id, 'budget.warning', jsonb_build_object('limit', v_limit, 'share', round(v_share, 2))
  ));
end;
$$;
comment on function private.warn_of_budget is 'The event that four fifths of a limit are used: once, until the budget is raised.';

create function private.reserve_for_room(r public.rooms, p_tokens bigint, p_cost numeric) returns void
language plpgsql set search_path = '' as $$
declare
  v_reservation_id constant uuid := private.reserve_usage(r.user_id, p_tokens::int, 0, p_cost);
begin
  update public.ai_usage_ledger as l set room_id = r.id, expires_at = 'infinity', created_at = clock_timestamp()
  where l.id = v_reservation_id;
end;
$$;
comment on function private.reserve_for_room is 'Takes a part of a room''s budget from this week. PT429 quota_exceeded.';

create function private.raise_budget(r public.rooms, p_limits jsonb) returns void
language plpgsql set search_path = '' as $$
declare
  n public.rooms;
begin
  update public.rooms as x
  set token_limit = coalesce((p_limits ->> 'tokens')::int, x.token_limit),
    cost_limit = coalesce((p_limits ->> 'cost')::numeric, x.cost_limit),
    call_limit = coalesce((p_limits ->> 'calls')::int, x.call_limit),
    second_limit = coalesce((p_limits ->> 'seconds')::int, x.second_limit),
    file_limit = coalesce((p_limits ->> 'files')::int, x.file_limit),
    byte_limit = coalesce((p_limits ->> 'bytes')::bigint, x.byte_limit),
    warned = false
  where x.id = r.id
  returning x.* into n;
  if n.token_limit < r.token_limit or n.cost_limit < r.cost_limit or n.call_limit < r.call_limit
    or n.second_limit < r.second_limit or n.file_limit < r.file_limit or n.byte_limit < r.byte_limit then
    raise sqlstate 'PT422' using message = 'budget_lowered';
  end if;
  if n.token_limit > r.token_limit or n.cost_limit > r.cost_limit then
    perform private.reserve_for_room(r, n.token_limit - r.token_limit, n.cost_limit - r.cost_limit);
  end if;
end;
$$;
comment on function private.raise_budget is
  'New limits of a room; those not named stay. The difference is reserved from this week. PT422 budget_lowered, PT429 '
  'quota_exceeded.';

create function private.settle_room(r public.rooms) returns void
language plpgsql set search_path = '' as $$
declare
  v_model text;
  v_tokens bigint;
  v_cost numeric;
  l record;
begin
  select left(coalesce(string_agg(distinct m.model_used, ', '), ''), 200) into v_model
  from public.ai_messages as m where m.room_id = r.id;
  select r.tokens_used - coalesce(sum(x.tokens_used), 0), r.cost_used - coalesce(sum(x.cost_used), 0) into v_tokens, v_cost
  from public.ai_usage_ledger as x where x.room_id = r.id and x.status = 'settled';
  -- What was raised later is spent last; should there be more than all of it, the last one shows it.
  for l in
    select x.*, lead(x.id) over w is null as is_last
    from public.ai_usage_ledger as x where x.room_id = r.id and x.status = 'reserved'
    window w as (order by x.created_at, x.id)
    order by x.created_at, x.id
  loop
    perform private.settle_usage(
      l.id, case when l.is_last then v_tokens else least(v_tokens, l.tokens_reserved) end::int, 0,
      case when l.is_last then v_cost else least(v_cost, l.cost_reserved) end, v_model, r.estimated, r.cost_complete
    );
    v_tokens := v_tokens - least(v_tokens, l.tokens_reserved);
    v_cost := v_cost - least(v_cost, l.cost_reserved);
  end loop;
end;
$$;
comment on function private.settle_room is
  'Charges what a room used since it was last settled, and gives the rest of its reservations back. Safe to repeat.';
