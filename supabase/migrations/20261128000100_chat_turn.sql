-- =====================================================================================================================
-- What a model was paid for is charged, whatever became of the turn; and nothing is paid for a turn that cannot be
-- =====================================================================================================================

-- --------------------------------------------------------------------------------------------- charged without a turn
create function private.charge_usage(p_user_id uuid, p_used jsonb, p_at timestamptz default now()) returns void
language plpgsql
set search_path = ''
as $$
declare
  v_monday constant date := date_trunc('week', p_at at time zone 'UTC')::date;
  v_usage_id uuid;
  v_tokens int;
  v_cost numeric(12, 6);
begin
  perform private.lock_user(p_user_id);
  insert into public.ai_usage (user_id, period_start, period_end)
  values (p_user_id, v_monday, v_monday + 6)
  on conflict (user_id, period_start) do nothing;
  select least((p_used ->> 'tokens')::int, greatest(0, s.tokens_limit - s.tokens_used - s.tokens_reserved)),
    least((p_used ->> 'cost')::numeric, greatest(0, s.cost_limit - s.cost_used - s.cost_reserved))
  into v_tokens, v_cost
  from private.usage_snapshot(p_user_id, p_at) as s;
  update public.ai_usage as u
  set tokens_used = u.tokens_used + v_tokens, cost_estimate = u.cost_estimate + v_cost,
    cost_complete = u.cost_complete and (p_used ->> 'cost_complete')::boolean
  where u.user_id = p_user_id and u.period_start = v_monday
  returning u.id into v_usage_id;
  insert into public.ai_usage_ledger (
    user_id, usage_id, status, tokens_reserved, messages_reserved, cost_reserved, tokens_used, messages_used, cost_used,
    model, estimated, cost_complete, created_at, expires_at, ended_at
  )
  values (
    p_user_id, v_usage_id, 'settled', v_tokens, 0, v_cost, (p_used ->> 'tokens')::int, 0, (p_used ->> 'cost')::numeric,
    p_used ->> 'model', (p_used ->> 'estimated')::boolean, (p_used ->> 'cost_complete')::boolean, p_at, p_at, p_at
  );
end;
$$;
comment on function private.charge_usage is
  'Charges {tokens, cost, model, estimated, cost_complete} that nothing was reserved for to the week of p_at, as far as its limits go.';

drop function public.set_model_title(uuid, uuid, text);

create function public.set_model_title(p_user_id uuid, p_session_id uuid, p_title text, p_used jsonb default null)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
begin
  if p_used is not null then
    perform private.charge_usage(p_user_id, p_used);
  end if;
  update public.ai_chat_sessions as s set title = p_title, title_source = 'model'
  where s.id = p_session_id and s.user_id = p_user_id and s.title_source in ('none', 'question') and p_title <> '';
  return found;
end;
$$;
comment on function public.set_model_title is
  'Takes a title of the model, unless the user gave one, and charges what it cost. False when nothing changed; an empty one changes nothing.';

-- ------------------------------------------------------------------------------------------ ending without an answer
drop function private.fail_running_turn(uuid, text, text);

create function private.fail_running_turn(
  p_turn_id uuid, p_error_code text, p_partial_content text default null, p_used jsonb default null
) returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  t public.ai_chat_turns;
begin
  update public.ai_chat_turns as x
  set status = case when x.cancel_requested_at is null then 'failed' else 'cancelled' end,
    error_code = case when x.cancel_requested_at is null then p_error_code end,
    ended_at = clock_timestamp(),
    partial_content = coalesce(nullif(p_partial_content, ''), x.partial_content)
  where x.id = p_turn_id and x.status = 'running'
  returning x.* into t;
  if not found then
    return null;
  end if;
  if (p_used ->> 'tokens')::int > 0 then
    perform private.settle_usage(
      l.id, (p_used ->> 'tokens')::int, 0, (p_used ->> 'cost')::numeric, p_used ->> 'model',
      (p_used ->> 'estimated')::boolean, (p_used ->> 'cost_complete')::boolean
    )
    from public.ai_usage_ledger as l where l.turn_id = t.id;
  else
    perform private.release_usage(l.id) from public.ai_usage_ledger as l where l.turn_id = t.id;
  end if;
  -- The same request may be tried again under its key.
  delete from public.ai_idempotency_keys as i where i.turn_id = t.id;
  return private.emit_event(
    private.session_stream(t.session_id), t.user_id, 'turn.' || t.status, jsonb_build_object('turn', private.turn_json(t))
  );
end;
$$;
comment on function private.fail_running_turn is
  'Ends a running turn as failed, or as cancelled if that was asked for: the user pays no message, but the tokens and the cost in '
  'p_used {tokens, cost, model, estimated, cost_complete}, if any; what was streamed is kept. Returns the event; null, and '
  'nothing changes, when the turn had ended before.';

drop function public.fail_turn(uuid, uuid, text, text);

create function public.fail_turn(
  p_user_id uuid, p_turn_id uuid, p_error_code text, p_partial_content text default null, p_used jsonb default null
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_session_id uuid;
  v_event jsonb;
begin
  perform private.lock_user(p_user_id);
  select x.session_id into v_session_id from public.ai_chat_turns as x where x.id = p_turn_id and x.user_id = p_user_id;
  if v_session_id is not null then
    v_event := private.fail_running_turn(p_turn_id, p_error_code, p_partial_content, p_used);
  end if;
  return jsonb_build_object(
    'events', case when v_event is null then '[]'::jsonb else jsonb_build_array(v_event) end,
    'listeners', private.listeners(p_user_id, private.session_stream(v_session_id))
  );
end;
$$;
comment on function public.fail_turn is
  'Ends a running turn without an answer, and charges what was used for it: {events, listeners}. Safe to repeat.';

-- ------------------------------------------------------------------------------------------------------- check_turn
create function private.refuse_after_failures(p_user_id uuid) returns void
language plpgsql
set search_path = ''
as $$
declare
  c_most constant int := 10; -- in an hour: a person tries again a few times, a program for ever
  v_oldest timestamptz;
begin
  -- The oldest of the newest so many: when it is an hour old, one more may be tried.
  select x.ended_at into v_oldest
  from public.ai_usage_ledger as l
  join public.ai_chat_turns as x on x.id = l.turn_id
  where l.user_id = p_user_id and l.created_at > now() - interval '2 hours' and l.status = 'settled'
    and x.status = 'failed' and x.ended_at > now() - interval '1 hour'
  order by x.ended_at desc
  offset c_most - 1 limit 1;
  if found then
    raise sqlstate 'PT429' using message = 'too_many_failures', detail = json_build_object(
      'retry_after', ceil(extract(epoch from v_oldest + interval '1 hour' - now()))::int
    )::text;
  end if;
end;
$$;
comment on function private.refuse_after_failures is
  'PT429 too_many_failures where ten turns failed within the hour after a model was paid: no message was charged for them.';

create function public.check_turn(
  p_user_id uuid, p_session_id uuid, p_reserve_tokens int, p_reserve_cost numeric,
  p_idempotency_key text default null, p_request_hash text default null
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  k public.ai_idempotency_keys;
  v_turn_id uuid;
  s record;
begin
  perform private.lock_user(p_user_id);
  perform private.fail_lost_turns(p_user_id, now());
  select * into k from public.ai_idempotency_keys as i
  where i.user_id = p_user_id and i.operation = 'send_message:' || p_session_id and i.key = p_idempotency_key
    and i.expires_at > now();
  if found and k.request_hash <> p_request_hash then
    raise sqlstate 'PT422' using message = 'idempotency_key_reused';
  elsif found and k.response is null then
    raise sqlstate 'PT409' using message = 'request_in_progress', detail = json_build_object('retry_after', 2)::text;
  elsif found then
    return jsonb_build_object('replayed', true, 'response', k.response);
  end if;
  perform from public.ai_chat_sessions as x where x.id = p_session_id and x.user_id = p_user_id;
  if not found then
    raise sqlstate 'PT404' using message = 'session_not_found';
  end if;
  select x.id into v_turn_id from public.ai_chat_turns as x where x.session_id = p_session_id and x.status = 'running';
  if found then
    raise sqlstate 'PT409' using
      message = 'turn_in_progress', detail = json_build_object('turn_id', v_turn_id, 'retry_after', 2)::text;
  end if;
  perform private.refuse_after_failures(p_user_id);
  perform private.release_expired(p_user_id, now());
  select * into s from private.usage_snapshot(p_user_id);
  if s.messages_used + s.messages_reserved + 1 > s.messages_limit
    or s.tokens_used + s.tokens_reserved + p_reserve_tokens > s.tokens_limit
    or s.cost_used + s.cost_reserved + p_reserve_cost > s.cost_limit then
    perform private.raise_quota_exceeded(p_user_id, p_reserve_tokens, 1, p_reserve_cost, now());
  end if;
  return jsonb_build_object('replayed', false, 'serving_model', public.serving_model());
end;
$$;
comment on function public.check_turn is
  'What begin_turn would refuse, before anything is paid for it: {replayed: true, response} of an earlier request, or {replayed: '
  'false, serving_model} with which to embed the question. Raises what begin_turn does, and PT429 too_many_failures. Claims nothing: '
  'begin_turn looks again.';

grant execute on function public.set_model_title, public.fail_turn, public.check_turn to service_role;
