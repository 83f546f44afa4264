-- =====================================================================================================================
-- Operations: what whoever runs Hercules looks at, over all users. Numbers and ids; a text only where its user agreed
-- =====================================================================================================================

-- In the order in which rows come, so that a few pages say where a day is.
create index ai_usage_ledger_created_at_idx on public.ai_usage_ledger using brin (created_at) with (pages_per_range = 32);
create index ai_chat_turns_started_at_idx on public.ai_chat_turns using brin (started_at) with (pages_per_range = 32);
create index rooms_created_at_idx on public.rooms using brin (created_at) with (pages_per_range = 32);
create index ai_feedback_created_at_idx on public.ai_feedback (created_at desc, id desc);

create function private.period(p_from date, p_until date) returns tstzrange
language plpgsql immutable set search_path = '' as $$
declare
  c_most constant int := 92; -- days: a quarter
begin
  if p_until < p_from or p_until - p_from >= c_most or p_from is null or p_until is null then
    raise sqlstate 'PT422' using message = 'bad_period';
  end if;
  return tstzrange(p_from::timestamp at time zone 'UTC', (p_until + 1)::timestamp at time zone 'UTC');
end;
$$;
comment on function private.period is 'The days from the one to the other, in UTC. PT422 bad_period for more than 92, or none.';

create function private.day(p_at timestamptz) returns date
language sql immutable set search_path = '' as $$ select (p_at at time zone 'UTC')::date; $$;
comment on function private.day is 'The day of a time, in UTC.';

-- ------------------------------------------------------------------------------------------------ use and cost
create function public.operations_usage(p_from date, p_until date) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  c_most constant int := 2000;
  v_period constant tstzrange := private.period(p_from, p_until);
  v_shown jsonb;
begin
  with settled as (
    select private.day(l.created_at) as day, coalesce(l.model, 'unknown') as model, coalesce(u.plan_id, d.id) as plan,
      case when l.room_id is null then 'coach' else 'rooms' end as half,
      count(*) as uses, sum(l.messages_used) as messages, sum(l.tokens_used) as tokens, sum(l.cost_used) as cost,
      sum(l.cost_used) filter (where not l.charged) as cost_uncharged, bool_and(l.cost_complete) as cost_complete
    from public.ai_usage_ledger as l
    join public.ai_usage_plans as d on d.is_default
    left join public.ai_user_plans as u on u.user_id = l.user_id
    where l.created_at >= lower(v_period) and l.created_at < upper(v_period) and l.status = 'settled'
    group by 1, 2, 3, 4
  ), shown as (
    select s.* from settled as s order by s.day desc, s.cost desc, s.model, s.plan, s.half limit c_most
  )
  select jsonb_build_object(
    'total', (
      select jsonb_build_object(
        'uses', coalesce(sum(s.uses), 0), 'messages', coalesce(sum(s.messages), 0), 'tokens', coalesce(sum(s.tokens), 0),
        'cost', coalesce(sum(s.cost), 0), 'cost_uncharged', coalesce(sum(s.cost_uncharged), 0),
        'cost_complete', coalesce(bool_and(s.cost_complete), true)
      )
      from settled as s
    ),
    'items', (
      select coalesce(jsonb_agg(to_jsonb(s) || jsonb_build_object('cost_uncharged', coalesce(s.cost_uncharged, 0))
        order by s.day desc, s.cost desc, s.model, s.plan, s.half), '[]')
      from shown as s
    ),
    'left_out', (select count(*) from settled) - (select count(*) from shown)
  ) into v_shown;
  return v_shown || jsonb_build_object('deleted_accounts', (
    select coalesce(jsonb_agg(jsonb_build_object(
      'week', d.period_start, 'model', d.model, 'uses', d.reservations, 'tokens', d.tokens, 'cost', d.cost
    ) order by d.period_start desc, d.model), '[]')
    from (
      select t.* from public.ai_usage_totals as t
      where t.period_start between p_from - 6 and p_until order by t.period_start desc, t.model limit c_most
    ) as d
  ));
end;
$$;
comment on function public.operations_usage is
  'What was used in a period of at most 92 days, by day, model, plan of today and half of the product: {total, items, left_out, '
  'deleted_accounts}. total is of all of it, items are at most 2,000. Of deleted accounts there are sums by week. PT422 bad_period.';

-- --------------------------------------------------------------------------------------------- turns and rooms
create function private.turn_row(t public.ai_chat_turns) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'id', t.id, 'session_id', t.session_id, 'user_id', t.user_id, 'status', t.status, 'error_code', t.error_code,
    'started_at', private.utc(t.started_at), 'ended_at', private.utc(t.ended_at), 'message_id', m.id, 'model', l.model,
    'tokens', l.tokens_used, 'cost', l.cost_used, 'charged', l.charged,
    'first_token_ms', m.metadata #> '{receipt,first_token_ms}', 'model_calls', m.metadata #> '{receipt,model_calls}',
    'prompt_version', m.metadata #>> '{receipt,prompt_version}',
    'passages', jsonb_array_length(m.metadata #> '{receipt,chunks}'), 'citations', jsonb_array_length(m.metadata -> 'citations'),
    'citations_dropped', m.metadata #> '{receipt,citations_dropped}',
    'safety', (m.metadata -> 'safety') - 'source'::text, 'truncated', coalesce((m.metadata -> 'truncated')::boolean, false)
  )
  from (select) as one
  left join public.ai_chat_messages as m on m.turn_id = t.id and m.role = 'assistant'
  left join public.ai_usage_ledger as l on l.turn_id = t.id;
$$;
comment on function private.turn_row is 'A turn without a word of what was said in it.';

create function public.operations_turns(
  p_from date, p_until date, p_status text default null, p_limit int default 20,
  p_before timestamptz default null, p_before_id uuid default null
) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_period constant tstzrange := private.period(p_from, p_until);
begin
  return jsonb_build_object(
    'days', (
      select coalesce(jsonb_agg(to_jsonb(d) order by d.day desc, d.status, d.error_code), '[]')
      from (
        select private.day(t.started_at) as day, t.status, t.error_code, count(*) as turns,
          percentile_disc(0.5) within group (order by (m.metadata #>> '{receipt,first_token_ms}')::numeric) as first_token_ms_p50,
          percentile_disc(0.95) within group (order by (m.metadata #>> '{receipt,first_token_ms}')::numeric) as first_token_ms_p95,
          round(percentile_disc(0.5) within group (order by extract(epoch from t.ended_at - t.started_at)), 3) as seconds_p50,
          round(percentile_disc(0.95) within group (order by extract(epoch from t.ended_at - t.started_at)), 3) as seconds_p95
        from public.ai_chat_turns as t
        left join public.ai_chat_messages as m on m.turn_id = t.id and m.role = 'assistant'
        where p_before is null and t.started_at >= lower(v_period) and t.started_at < upper(v_period)
          and (p_status is null or t.status = p_status)
        group by 1, 2, 3 order by 1 desc, 2, 3 limit 2000
      ) as d
    ),
    'items', (
      select coalesce(jsonb_agg(private.turn_row(x::public.ai_chat_turns) order by x.started_at desc, x.id desc), '[]')
      from (
        select t.* from public.ai_chat_turns as t
        where t.started_at >= lower(v_period) and t.started_at < least(upper(v_period), p_before + interval '1 microsecond')
          and (p_before is null or (t.started_at, t.id) < (p_before, p_before_id)) and (p_status is null or t.status = p_status)
        order by t.started_at desc, t.id desc limit least(p_limit, 101)
      ) as x
    )
  );
end;
$$;
comment on function public.operations_turns is
  'How the turns of a period ended: {days, items}. days count them by day, status and code, with percentiles of the time to the first '
  'token and of the whole; items are the newest, or those before (p_before, p_before_id), without days. PT422 bad_period.';

create function private.room_row(r public.rooms) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'id', r.id, 'user_id', r.user_id, 'status', r.status, 'status_reason', r.status_reason, 'run', r.run,
    'created_at', private.utc(r.created_at), 'ended_at', private.utc(r.ended_at), 'worked_seconds', r.worked_seconds,
    'llm_used', r.llm_used, 'calls', r.calls_used, 'tokens', r.tokens_used, 'cost', r.cost_used, 'cost_complete', r.cost_complete,
    'issues', jsonb_array_length(r.issues),
    'tasks', (select jsonb_object_agg(s.status, s.n) from (
      select t.status, count(*) as n from public.room_tasks as t where t.room_id = r.id group by t.status
    ) as s)
  );
$$;
comment on function private.room_row is 'A room without a word of what it is about.';

create function public.operations_rooms(
  p_from date, p_until date, p_status text default null, p_limit int default 20,
  p_before timestamptz default null, p_before_id uuid default null
) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_period constant tstzrange := private.period(p_from, p_until);
begin
  return jsonb_build_object(
    'days', (
      select coalesce(jsonb_agg(to_jsonb(d) order by d.day desc, d.status, d.status_reason), '[]')
      from (
        select private.day(r.created_at) as day, r.status, r.status_reason, count(*) as rooms, sum(r.tokens_used) as tokens,
          sum(r.cost_used) as cost, round(avg(r.worked_seconds)::numeric, 1) as worked_seconds
        from public.rooms as r
        where p_before is null and r.created_at >= lower(v_period) and r.created_at < upper(v_period)
          and (p_status is null or r.status = p_status)
        group by 1, 2, 3 order by 1 desc, 2, 3 limit 2000
      ) as d
    ),
    'items', (
      select coalesce(jsonb_agg(private.room_row(x::public.rooms) order by x.created_at desc, x.id desc), '[]')
      from (
        select r.* from public.rooms as r
        where r.created_at >= lower(v_period) and r.created_at < least(upper(v_period), p_before + interval '1 microsecond')
          and (p_before is null or (r.created_at, r.id) < (p_before, p_before_id)) and (p_status is null or r.status = p_status)
        order by r.created_at desc, r.id desc limit least(p_limit, 101)
      ) as x
    )
  );
end;
$$;
comment on function public.operations_rooms is
  'How the rooms of a period ended, and why: {days, items} as operations_turns has them. PT422 bad_period.';

-- ----------------------------------------------------------------------------------------------------- ratings
create function public.operations_ratings(
  p_from date, p_until date, p_rating int default null, p_limit int default 20,
  p_before timestamptz default null, p_before_id uuid default null
) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_period constant tstzrange := private.period(p_from, p_until);
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
      'id', x.id, 'user_id', x.user_id, 'message_id', x.message_id, 'turn_id', m.turn_id, 'rating', x.rating, 'reasons', x.reasons,
      'comment', x.comment, 'created_at', private.utc(x.created_at), 'model', m.metadata #>> '{receipt,model}',
      'prompt_version', m.metadata #>> '{receipt,prompt_version}'
    ) order by x.created_at desc, x.id desc), '[]')
    from (
      select f.* from public.ai_feedback as f
      where f.created_at >= lower(v_period) and f.created_at < upper(v_period)
        and (p_before is null or (f.created_at, f.id) < (p_before, p_before_id)) and (p_rating is null or f.rating = p_rating)
      order by f.created_at desc, f.id desc limit least(p_limit, 101)
    ) as x
    join public.ai_chat_messages as m on m.id = x.message_id
  );
end;
$$;
comment on function public.operations_ratings is
  'Ratings of a period, the newest first, with what their users wrote to whoever runs this. PT422 bad_period.';

-- --------------------------------------------------------------------------------------------- knowledge, safety
create function private.answers(p_period tstzrange) returns setof public.ai_chat_messages
language sql stable set search_path = '' as $$
  select m.* from public.ai_chat_turns as t
  join public.ai_chat_messages as m on m.turn_id = t.id and m.role = 'assistant'
  where t.started_at >= lower(p_period) and t.started_at < upper(p_period);
$$;
comment on function private.answers is 'The answers of a period.';

create function public.operations_knowledge(p_from date, p_until date, p_limit int default 50) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_period constant tstzrange := private.period(p_from, p_until);
  v_limit constant int := least(p_limit, 200);
  v_found jsonb;
begin
  with answered as materialized (
    select a.turn_id, a.user_id, private.day(a.created_at) as day, a.metadata,
      a.metadata #> '{receipt,searched}' = 'true' and a.metadata #> '{receipt,chunks}' = '[]' as found_nothing
    from private.answers(v_period) as a
  ), cited as (
    select c.value ->> 'source' as source, count(distinct a.turn_id) as answers
    from answered as a cross join jsonb_array_elements(a.metadata -> 'citations') as c group by 1
  )
  select jsonb_build_object(
    'documents', (
      select coalesce(jsonb_agg(to_jsonb(x) order by x.status, x.error_code), '[]')
      from (
        select s.status, s.error_code, count(*) as documents, sum(s.chunk_count) as chunks
        from public.ai_kb_sources as s group by 1, 2 order by 1, 2 limit 200
      ) as x
    ),
    'days', (
      select coalesce(jsonb_agg(to_jsonb(x) order by x.day desc), '[]')
      from (
        select a.day, count(*) filter (where a.metadata #> '{receipt,searched}' = 'true') as searched,
          count(*) filter (where a.found_nothing) as found_nothing,
          count(*) filter (where a.metadata -> 'citations' <> '[]') as cited
        from answered as a group by 1
      ) as x
    ),
    'found_nothing', (
      select coalesce(jsonb_agg(jsonb_build_object('asked_at', private.utc(x.created_at), 'question', left(x.content, 500))
        order by x.created_at desc), '[]')
      from (
        select q.created_at, q.content
        from answered as a
        join public.ai_profile as p on p.user_id = a.user_id and p.preferences -> 'share_questions' = 'true'
        join public.ai_chat_messages as q on q.turn_id = a.turn_id and q.role = 'user'
        where a.found_nothing order by q.created_at desc limit v_limit
      ) as x
    ),
    'most_cited', (
      select coalesce(jsonb_agg(to_jsonb(x) order by x.answers desc, x.source), '[]')
      from (select c.source, c.answers from cited as c order by c.answers desc, c.source limit v_limit) as x
    ),
    'never_cited', (
      select coalesce(jsonb_agg(to_jsonb(x) order by x.source), '[]')
      from (
        select s.source, s.title from public.ai_kb_sources as s
        where s.status = 'ready' and not exists (select from cited as c where c.source = s.source)
        order by s.source limit v_limit
      ) as x
    )
  ) into v_found;
  return v_found;
end;
$$;
comment on function public.operations_knowledge is
  'How the knowledge base serves the questions of a period: {documents, days, found_nothing, most_cited, never_cited}. documents are '
  'counted by status and code, as they are now. Questions that found nothing are counted by day; their words are shown where the '
  'preferences of the user''s profile say "share_questions": true. Lists have at most 200. PT422 bad_period.';

create function public.operations_safety(p_from date, p_until date) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_period constant tstzrange := private.period(p_from, p_until);
begin
  return (
    select coalesce(jsonb_agg(to_jsonb(x) order by x.day desc, x.outcome, x.rule), '[]')
    from (
      select private.day(a.created_at) as day, o.key as outcome, r.rule, count(*) as answers
      from private.answers(v_period) as a
      cross join jsonb_each(a.metadata -> 'safety') as o
      cross join lateral (
        select jsonb_array_elements_text(o.value) as rule where jsonb_typeof(o.value) = 'array'
        union all select o.value #>> '{}' where jsonb_typeof(o.value) = 'string'
      ) as r
      where o.key in ('red_flag', 'mended', 'left_out', 'withheld')
      group by 1, 2, 3 order by 1 desc, 2, 3 limit 5000
    ) as x
  );
end;
$$;
comment on function public.operations_safety is
  'Which rule had how many answers replaced by advice (red_flag), mended, left_out in part or withheld, by day. PT422 bad_period.';

-- ------------------------------------------------------------------------------------------------------- plans
create function public.operations_plans() returns jsonb
language sql stable security definer set search_path = '' as $$
  select coalesce(jsonb_agg(to_jsonb(p) || jsonb_build_object(
    'users', case when not p.is_default then (select count(*) from public.ai_user_plans as u where u.plan_id = p.id) end
  ) order by p.id), '[]')
  from (select x.* from public.ai_usage_plans as x order by x.id limit 200) as p;
$$;
comment on function public.operations_plans is 'The plans with how many users each has; users is null for the default plan: all others.';

create function public.user_plan(p_user_id uuid) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
begin
  perform from auth.users as a where a.id = p_user_id;
  if not found then
    raise sqlstate 'PT404' using message = 'user_not_found';
  end if;
  return (
    select jsonb_build_object('user_id', p_user_id, 'plan', u.plan, 'usage', to_jsonb(u)) from private.usage_snapshot(p_user_id) as u
  );
end;
$$;
comment on function public.user_plan is 'The plan of a user and what they used of it: {user_id, plan, usage}. PT404 user_not_found.';

create function public.set_user_plan(p_user_id uuid, p_plan text) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_is_default boolean;
begin
  perform private.lock_user(p_user_id);
  perform public.user_plan(p_user_id);
  select p.is_default into v_is_default from public.ai_usage_plans as p where p.id = p_plan;
  if not found then
    raise sqlstate 'PT422' using message = 'unknown_plan';
  elsif v_is_default then
    delete from public.ai_user_plans as u where u.user_id = p_user_id;
  else
    insert into public.ai_user_plans (user_id, plan_id) values (p_user_id, p_plan)
    on conflict (user_id) do update set plan_id = excluded.plan_id;
  end if;
  return public.user_plan(p_user_id);
end;
$$;
comment on function public.set_user_plan is
  'Puts a user on a plan, from the next reservation on, and answers as user_plan. Safe to repeat. PT404 user_not_found, PT422 unknown_plan.';

grant execute on function public.operations_usage, public.operations_turns, public.operations_rooms, public.operations_ratings,
  public.operations_knowledge, public.operations_safety, public.operations_plans, public.user_plan, public.set_user_plan to service_role;
