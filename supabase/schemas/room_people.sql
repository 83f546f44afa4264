-- =====================================================================================================================
-- A room and people: questions and answers, the end, another try, who may watch
-- =====================================================================================================================

-- ---------------------------------------------------------------------------------------------- ask and be answered
create function public.request_input(
  p_room_id uuid, p_task_id uuid, p_kind text, p_question text default null, p_attempt int default null,
  p_seconds double precision default 604800
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_room(p_room_id);
  t public.room_tasks := private.lock_task(r, p_task_id);
  i public.room_inputs;
  v_type constant text := case p_kind when 'budget' then 'budget.reached' else 'input.requested' end;
  v_input jsonb;
  v_events jsonb := '[]';
begin
  if private.holds_task(r, t.id, p_attempt) then
    insert into public.room_inputs (room_id, task_id, kind, question, expires_at)
    values (r.id, t.id, p_kind, p_question, now() + make_interval(secs => p_seconds))
    returning * into i;
    update public.room_tasks as x
    set status = 'waiting', lease_until = null, in_flight_tokens = null, in_flight_cost = null
    where x.id = t.id;
    update public.rooms as x set alive_until = greatest(x.alive_until, i.expires_at + interval '1 hour') where x.id = r.id;
    -- Whoever watches sees this; the question itself is in the owner's snapshot.
    v_input := jsonb_build_object('input', jsonb_build_object(
      'id', i.id, 'room_id', r.id, 'kind', i.kind, 'task_id', t.id, 'task_key', t.key, 'role', t.role
    ));
    if p_kind <> 'hold' then
      v_events := jsonb_build_array(
        private.emit_event(private.room_stream(r.id), r.user_id, v_type, v_input),
        private.emit_event('user:' || r.user_id, r.user_id, v_type, v_input)
      );
    elsif r.hold is null then
      perform private.close_input(i.id, null); -- its owner has let the room go on meanwhile
    end if;
    v_events := v_events || private.pause_room(r.id);
  elsif private.is_open(r) and t.status = 'waiting' then
    select x.* into i from public.room_inputs as x where x.task_id = t.id and x.answered_at is null and x.closed_at is null;
  end if;
  return private.room_response(r.id, v_events, jsonb_build_object(
    'outcome', case when i.id is null then 'cancelled' else 'waiting' end, 'wait_id', i.id
  ));
end;
$$;
comment on function public.request_input is
  'A task waits for an answer (question), for more budget (budget) or until the room may go on (hold): {outcome, wait_id, room, events, listeners}. '
  'Outcome waiting, also when it waits already; cancelled when the room has ended or the task is with another worker. PT404 '
  'room_not_found, task_not_found.';

create function public.save_task_token(p_wait_id uuid, p_token text) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  i public.room_inputs;
begin
  perform private.lock_room(x.room_id) from public.room_inputs as x where x.id = p_wait_id;
  select x.* into i from public.room_inputs as x where x.id = p_wait_id;
  if not found then
    raise sqlstate 'PT404' using message = 'input_not_found';
  end if;
  if i.answered_at is null and i.closed_at is null then
    insert into private.room_task_tokens (input_id, token) values (i.id, p_token)
    on conflict (input_id) do update set token = excluded.token;
  end if;
  return jsonb_build_object('waiting', i.answered_at is null and i.closed_at is null);
end;
$$;
comment on function public.save_task_token is
  'Keeps the token by which a waiting task is woken: {waiting}. False: answered or ended already, the caller wakes it at '
  'once. A later token takes the place of an earlier one. PT404 input_not_found.';

create function private.answered_input(r public.rooms, p_answer text) returns public.room_inputs
language plpgsql stable set search_path = '' as $$
declare
  i public.room_inputs;
  v_open uuid[];
  v_since boolean; -- whether all that is open was asked since then: a repetition may be meant
begin
  select x.* into i from public.room_inputs as x
  where x.room_id = r.id and x.kind = 'question' and x.answer = p_answer
  order by x.answered_at desc limit 1;
  select array_agg(x.id), coalesce(bool_and(x.asked_at > i.answered_at), i.id is not null) into v_open, v_since
  from public.room_inputs as x
  where x.room_id = r.id and x.kind = 'question' and x.answered_at is null and x.closed_at is null;
  if v_since and (v_open is null or exists (select 1 from private.room_task_tokens as k where k.input_id = i.id)) then
    return i; -- nothing else is asked, or nobody was told that its task was woken
  end if;
  if cardinality(v_open) > 1 or (v_since and i.answered_at > clock_timestamp() - interval '10 minutes') then
    raise sqlstate 'PT422' using message = 'input_id_required', detail = json_build_object('input_ids', v_open)::text;
  end if;
  select x.* into i from public.room_inputs as x where x.id = v_open[1];
  return i;
end;
$$;
comment on function private.answered_input is
  'The question that an answer is for which names none: the only open one, or the one that has this answer where only a '
  'repetition can be meant. Null when there is none; PT422 input_id_required where it could be either.';

create function private.named_input(r public.rooms, p_answer jsonb) returns public.room_inputs
language plpgsql stable set search_path = '' as $$
declare
  i public.room_inputs;
begin
  if p_answer ->> 'input_id' is null then
    i := private.answered_input(r, p_answer ->> 'answer');
  else
    select x.* into i from public.room_inputs as x
    where x.room_id = r.id and x.kind = 'question' and x.id = (p_answer ->> 'input_id')::uuid;
  end if;
  if i.id is null then
    raise sqlstate 'PT404' using message = 'input_not_found';
  elsif i.closed_at is not null then
    raise sqlstate 'PT409' using message = 'input_closed';
  elsif i.answer <> p_answer ->> 'answer' then
    raise sqlstate 'PT409' using message = 'input_answered';
  end if;
  return i;
end;
$$;
comment on function private.named_input is
  'The question that an answer is for, which may have it already. PT404 input_not_found, PT409 input_closed, input_answered '
  '(otherwise), PT422 input_id_required.';

create function private.close_input(p_input_id uuid, p_answer text) returns void
language sql set search_path = '' as $$
  with answered as (
    update public.room_inputs as i set answered_at = clock_timestamp(), answer = p_answer
    where i.id = p_input_id
    returning i.id, i.task_id, i.answered_at
  ), due as (
    update private.room_task_tokens as k set answered_at = a.answered_at from answered as a where k.input_id = a.id
  )
  update public.room_tasks as t set status = 'pending' from answered as a where t.id = a.task_id and t.status = 'waiting';
$$;
comment on function private.close_input is 'An input has its answer; its task can be taken again, and is to be woken.';

create function private.answer_response(r public.rooms, p_events jsonb, p_replayed boolean) returns jsonb
language sql stable set search_path = '' as $$
  select private.room_response(r.id, p_events, jsonb_build_object(
    'replayed', p_replayed,
    'tokens', (
      select coalesce(jsonb_agg(jsonb_build_object('wait_id', k.input_id, 'token', k.token)), '[]')
      from private.room_task_tokens as k join public.room_inputs as a on a.id = k.input_id
      where a.room_id = r.id and k.answered_at is not null
    ),
    'budget', private.room_budget(x)
  ))
  from public.rooms as x where x.id = r.id;
$$;
comment on function private.answer_response is 'What answer_input returns, as the room is now.';

create function public.answer_input(
  p_user_id uuid, p_room text, p_answer jsonb, p_idempotency_key text default null, p_request_hash text default null
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_own_room(p_user_id, p_room);
  i public.room_inputs;
  v_answered boolean := false;
  v_events jsonb := '[]';
begin
  if private.claim_idempotency_key(p_user_id, 'answer_room ' || r.id, p_idempotency_key, p_request_hash) is not null then
    return private.answer_response(r, v_events, true);
  end if;
  update public.ai_idempotency_keys as k set response = '{}'
  where k.user_id = p_user_id and k.operation = 'answer_room ' || r.id and k.key = p_idempotency_key;
  if not private.is_open(r) then
    if exists (
      select 1 from public.room_inputs as x
      where x.room_id = r.id and x.answer = p_answer ->> 'answer' and x.id = coalesce((p_answer ->> 'input_id')::uuid, x.id)
    ) then
      return private.answer_response(r, v_events, true);
    end if;
    raise sqlstate 'PT409' using message = 'room_ended';
  end if;
  if p_answer ->> 'answer' is not null then
    i := private.named_input(r, p_answer);
    if i.answered_at is null then
      perform private.close_input(i.id, p_answer ->> 'answer');
    end if;
    v_answered := true;
  end if;
  if jsonb_typeof(p_answer -> 'budget') = 'object' then
    perform private.raise_budget(r, p_answer -> 'budget');
    for i in
      select x.* from public.room_inputs as x
      where x.room_id = r.id and x.kind = 'budget' and x.answered_at is null and x.closed_at is null
    loop
      perform private.close_input(i.id, null);
      v_answered := true;
    end loop;
  end if;
  v_events := private.attach_uploads(r, nullif(p_answer -> 'files', 'null'));
  update public.rooms as x
  set steer = case when p_answer ->> 'steer' is null or x.steer -> -1 = p_answer -> 'steer' then x.steer
      else x.steer || (p_answer -> 'steer') end,
    alive_until = greatest(x.alive_until, now() + interval '1 hour')
  where x.id = r.id;
  if (select jsonb_array_length(x.steer) > 50 from public.rooms as x where x.id = r.id) then
    raise sqlstate 'PT422' using message = 'too_much_steering', detail = '{"limit": 50}';
  end if;
  -- Somebody goes on, even if others still wait.
  if r.status = 'active' and v_answered then
    v_events := v_events || private.set_room_status(r, 'processing');
  else
    select x.* into r from public.rooms as x where x.id = r.id;
    v_events := v_events || private.emit_room(r);
  end if;
  return private.answer_response(r, v_events, false);
end;
$$;
comment on function public.answer_input is
  'What a room''s owner says to it, any of {answer (of input_id, or of the only open question), steer: text, budget: '
  '{tokens, cost, calls, seconds, files, bytes: new limits}, files: [ids of uploads]}: {replayed, tokens: [{wait_id, token}] to '
  'wake the workflow by, room, budget, events, listeners}. The tokens are of all that has been answered and has not gone '
  'on: a lost one is had again. Under a key it is said once, and a replay says how the room is now. PT404 room_not_found, input_not_found, file_not_found, PT409 room_ended, input_closed, '
  'input_answered (otherwise), PT422 input_id_required, budget_lowered, too_much_steering, too_many_files, '
  'too_many_bytes, idempotency_key_reused, PT429 quota_exceeded.';

create function public.unwoken_tasks(p_at timestamptz default now(), p_limit int default 50) returns jsonb
language sql stable security definer set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('wait_id', k.input_id, 'token', k.token) order by k.answered_at), '[]')
  from (
    -- Whoever took in the answer has had a minute to wake it.
    select x.* from private.room_task_tokens as x
    where x.answered_at <= p_at - interval '1 minute' order by x.answered_at limit p_limit
  ) as k;
$$;
comment on function public.unwoken_tasks is
  'Tasks whose input is answered and which nobody may have woken: [{wait_id, token}]. They are woken, then forget_tokens is called.';

create function public.forget_tokens(p_wait_ids uuid[]) returns jsonb
language sql security definer set search_path = '' as $$
  with gone as (
    delete from private.room_task_tokens as k where k.input_id = any (p_wait_ids) and k.answered_at is not null returning 1
  )
  select jsonb_build_object('tasks_woken', (select count(*) from gone));
$$;
comment on function public.forget_tokens is 'Forgets tokens of tasks that have been woken: {tasks_woken}. Safe to repeat.';

-- ------------------------------------------------------------------------------------------------------- the end
create function private.room_result(r public.rooms) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'id', r.id, 'room_id', r.room_id, 'title', left(regexp_replace(coalesce(r.follow_up, r.task_prompt), '\s+', ' ', 'g'), 80), 'part', r.part,
    'run', r.run, 'status', r.status, 'status_reason', r.status_reason, 'issues', r.issues,
    'tokens', r.tokens_used, 'cost', r.cost_used, 'cost_complete', r.cost_complete, 'estimated', r.estimated,
    'files', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'id', v.id, 'filename', v.filename, 'version', v.version, 'size', v.size, 'mime', v.mime, 'is_partial', v.is_partial
      ) order by v.created_at, v.id), '[]')
      from (
        select n.* from public.files as f
        join public.room_file_versions as n on n.room_id = f.room_id and n.filename = f.filename and n.version = f.version
        where f.room_id = r.id and n.task_id is not null order by n.created_at desc, n.id desc limit 20
      ) as v
    )
  );
$$;
comment on function private.room_result is 'With what a room has ended: the newest twenty files that its agents made, what is missing, what it cost.';

create function private.post_result(p_room_id uuid) returns jsonb
language plpgsql set search_path = '' as $$
declare
  r public.rooms;
  m public.ai_chat_messages;
  v_result jsonb;
  v_said text;
begin
  select x.* into strict r from public.rooms as x where x.id = p_room_id;
  if r.session_id is null then
    return '[]';
  end if;
  v_result := private.room_result(r);
  -- The card has all of it; a prompt has to hold this.
  v_said := left(concat_ws(E'\n', v_result ->> 'title', concat_ws(', ', r.status, r.status_reason),
    (select string_agg(f.value ->> 'filename', ', ') from jsonb_array_elements(v_result -> 'files') as f),
    (select string_agg(i.value, E'\n') from jsonb_array_elements_text(r.issues) as i)), 4000);
  -- About as many tokens as there are three bytes; a model counts some fewer.
  insert into public.ai_chat_messages (session_id, user_id, role, content, token_count, metadata)
  values (r.session_id, r.user_id, 'system', v_said, octet_length(v_said) / 3 + 1, jsonb_build_object('room', v_result))
  returning * into m;
  update public.ai_chat_sessions as s set updated_at = now() where s.id = r.session_id; -- to the top of the list
  return jsonb_build_array(private.emit_event(
    private.session_stream(r.session_id), r.user_id, 'message.added', jsonb_build_object('message', private.message_json(m)),
    jsonb_build_object('message', m.id)
  ));
end;
$$;
comment on function private.post_result is
  'Puts the result of a room that has ended into the conversation from which it was opened, for the user and the coach; returns the events.';

create function private.end_room(r public.rooms, p_status text, p_reason text, p_issues jsonb default '[]') returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_events jsonb := '[]';
  v_cut record;
  v_id uuid;
begin
  -- Whose worker lives may be in the middle of a call that nobody will hear of: it is charged the most that it can have used.
  select coalesce(sum(f.tokens), 0) as tokens, coalesce(sum(f.cost), 0) as cost, coalesce(array_agg(f.call), '{}') as calls into v_cut
  from (
    select t.in_flight_tokens, t.in_flight_cost, private.call_of(t.id, t.attempt) from public.room_tasks as t
    where t.room_id = r.id and t.lease_until > clock_timestamp()
    union all
    select r.in_flight_tokens, r.in_flight_cost, private.call_of(null, r.run) where p_reason = 'cancelled'
  ) as f (tokens, cost, call)
  where f.tokens is not null;
  for v_id in
    select t.id from public.room_tasks as t
    where t.room_id = r.id and t.status in ('pending', 'running', 'waiting') order by t.position
  loop
    v_events := v_events || private.end_task(
      r, v_id, case when p_reason = 'cancelled' then 'cancelled' else 'skipped' end, coalesce(p_reason, 'room_ended')
    );
  end loop;
  update public.rooms as x
  set tokens_used = x.tokens_used + v_cut.tokens, cost_used = x.cost_used + v_cut.cost,
    calls_used = x.calls_used + cardinality(v_cut.calls), cut_calls = x.cut_calls || v_cut.calls,
    estimated = x.estimated or v_cut.calls <> '{}', in_flight_tokens = null, in_flight_cost = null, throttled_until = null,
    issues = (
      select coalesce(jsonb_agg(left(i.value, case p_reason when 'red_flag' then 1500 else 300 end) order by i.nr), '[]')
      from jsonb_array_elements_text(coalesce(nullif(p_issues, 'null'), '[]')) with ordinality as i (value, nr) where i.nr <= 20
    ),
    llm_used = (
      select case when count(distinct lower(m.provider)) > 1 then 'Mixed' when min(lower(m.provider)) = 'openai' then 'OpenAI'
        when min(lower(m.provider)) = 'gemini' then 'Gemini' end
      from public.ai_messages as m where m.room_id = x.id and lower(m.provider) in ('openai', 'gemini')
    ),
    agents_used = (
      select coalesce(jsonb_agg(a.role order by a.first), '[]')
      from (
        select t.role, min(t.position) as first from public.room_tasks as t
        where t.room_id = x.id and t.attempt > 0 group by t.role
      ) as a
    )
  where x.id = r.id
  returning x.* into r;
  perform private.settle_room(r);
  return v_events || private.set_room_status(r, p_status, p_reason) || private.post_result(r.id) || private.emit_event(
    'user:' || r.user_id, r.user_id, 'usage.updated',
    (select jsonb_build_object('usage', to_jsonb(u)) from private.usage_snapshot(r.user_id) as u)
  );
end;
$$;
comment on function private.end_room is
  'Ends an open room and all that is open in it, says which models and agents it used, settles its budget, and tells the '
  'conversation that it came from. Returns the events.';

create function public.finish_room(p_room_id uuid, p_outcome jsonb default '{}') returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_room(p_room_id);
  v_issues constant jsonb := coalesce(nullif(p_outcome -> 'issues', 'null'), '[]');
  v_lost boolean;
  v_status text;
  v_events jsonb := '[]';
begin
  if private.is_open(r) and r.run = coalesce((p_outcome ->> 'run')::int, r.run) then
    select coalesce(bool_or(t.status <> 'done'), true) into v_lost from public.room_tasks as t where t.room_id = r.id and t.part = r.part and t.round = 0
      and t.error_code is distinct from 'removed';
    v_status := coalesce(p_outcome ->> 'status', case when v_lost then 'failed' else 'completed' end);
    v_events := private.end_room(r, v_status, coalesce(
      p_outcome ->> 'reason',
      case when v_status = 'failed' then 'task_failed' when v_issues <> '[]' then 'completed_with_issues' end
    ), v_issues);
  end if;
  return private.room_response(r.id, v_events);
end;
$$;
comment on function public.finish_room is
  'Ends a room as {status: completed or failed, reason, issues, run}: {room, events, listeners, user_listeners}. What is '
  'not said follows: failed, task_failed where a planned task has no result; completed_with_issues where there are '
  'issues. What was not used goes back to the week. Safe to repeat: a room that has ended, or whose run is over, stays as'
  ' it is. PT404 room_not_found.';

create function public.cancel_room(p_user_id uuid, p_room text) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_own_room(p_user_id, p_room);
  v_events jsonb := '[]';
begin
  if private.is_open(r) then
    v_events := private.end_room(r, 'failed', 'cancelled');
  end if;
  return private.room_response(r.id, v_events, jsonb_build_object('execution_arn', r.execution_arn));
end;
$$;
comment on function public.cancel_room is
  'Ends a room at once as failed, cancelled: {execution_arn (to be stopped; may be null), room, events, listeners, '
  'user_listeners}. What is done stays. Safe to repeat; a room that has ended stays as it is. PT404 room_not_found.';

create function public.retry_room(p_user_id uuid, p_room text) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_own_room(p_user_id, p_room);
  v_events jsonb := '[]';
begin
  if r.status = 'failed' then
    perform private.refuse_while_rooms_are_busy();
    perform private.reserve_for_room(r, greatest(0, r.token_limit - r.tokens_used), greatest(0, r.cost_limit - r.cost_used));
    update public.ai_messages as m set transcript = '[]'
    where m.transcript <> '[]' and m.task_id in (select t.id from public.room_tasks as t where t.room_id = r.id and t.part = r.part and t.status <> 'done');
    update public.room_tasks as t
    set status = 'pending', error_code = null, ended_at = null, started_at = null
    where t.room_id = r.id and t.part = r.part and t.status <> 'done' and t.error_code is distinct from 'removed';
    update public.rooms as x
    set run = x.run + 1, issues = '[]', review = null, execution_arn = null, hold = null, llm_used = null, agents_used = null,
      alive_until = now() + interval '1 hour'
    where x.id = r.id
    returning x.* into r;
    v_events := private.set_room_status(r, 'pending');
  elsif r.status <> 'pending' and (r.run = 1 or not private.is_open(r)) then
    raise sqlstate 'PT409' using message = 'room_not_failed';
  end if;
  return private.room_response(r.id, v_events);
end;
$$;
comment on function public.retry_room is
  'Makes a failed room pending again for a new run of what is not done, with what is left of its budget: {room (with its '
  'run), events, listeners, user_listeners}. While such a run goes on, or the first one has not begun, a repetition changes nothing. PT404 '
  'room_not_found, PT409 room_not_failed, PT429 quota_exceeded, rooms_busy.';

-- --------------------------------------------------------------------------------------------------- who may watch
create function public.share_room(p_user_id uuid, p_room text, p_on boolean) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_own_room(p_user_id, p_room);
  v_events jsonb := '[]';
begin
  if r.is_shared <> p_on then
    update public.rooms as x set is_shared = p_on where x.id = r.id returning x.* into r;
    v_events := jsonb_build_array(private.emit_room(r));
  end if;
  if not p_on then
    perform private.end_subscriptions(private.room_stream(r.id), r.user_id);
  end if;
  return private.room_response(r.id, v_events);
end;
$$;
comment on function public.share_room is
  'Lets others watch a room, or ends that, and their subscriptions, at once: {room, events, listeners, user_listeners}. '
  'Safe to repeat. PT404 room_not_found.';

create function private.readable_room(p_user_id uuid, p_room text) returns public.rooms
language plpgsql stable set search_path = '' as $$
declare
  r public.rooms;
begin
  select x.* into r from public.rooms as x
  where x.id = private.room_key(p_room)
    and (x.user_id = p_user_id or (x.is_shared and exists (select 1 from auth.users as u where u.id = p_user_id)));
  if not found then
    raise sqlstate 'PT404' using message = 'room_not_found';
  end if;
  return r;
end;
$$;
comment on function private.readable_room is 'A room that a user owns or that is shared. PT404 room_not_found.';

create function private.room_messages(r public.rooms, p_own boolean, p_limit int) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(
    jsonb_build_object(
      'id', m.id, 'task_id', m.task_id, 'agent_name', m.agent_name, 'response', m.response, 'model_used', m.model_used,
      'timestamp', private.utc(m."timestamp")
    ) || case when p_own then jsonb_build_object('content', m.content, 'tool_calls', m.tool_calls, 'token_count', m.token_count)
      else '{}' end
    order by m."timestamp", m.id
  ), '[]')
  from (
    select x.* from public.ai_messages as x where x.room_id = r.id order by x."timestamp" desc, x.id desc limit p_limit
  ) as m;
$$;
comment on function private.room_messages is
  'The newest messages of a room, oldest first; others see what agents said, not what they were told.';

create function public.room_snapshot(p_user_id uuid, p_room text, p_messages int default 50) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  r constant public.rooms := private.readable_room(p_user_id, p_room);
  v_own constant boolean := r.user_id = p_user_id;
begin
  return jsonb_build_object(
    'access', case when v_own then 'owner' else 'reader' end,
    'room', private.room_json(r) - case when v_own then '{}'::text[] else array['session_id', 'estimate'] end,
    'tasks', private.tasks_json(r.id, v_own), 'files', private.files_json(r.id),
    'messages', private.room_messages(r, v_own, p_messages), 'review', r.review,
    'as_of', coalesce((select e.last_seq from public.ai_streams as e where e.stream = private.room_stream(r.id)), 0)
  ) || case when v_own then
    jsonb_build_object('inputs', private.inputs_json(r.id), 'budget', private.room_budget(r), 'steer', r.steer) else '{}' end;
end;
$$;
comment on function public.room_snapshot is
  'A room by its id or room_id, all of one instant: {access: owner or reader, room, tasks, files, messages (the newest), '
  'review, as_of}; for its owner also {inputs, budget, steer}. PT404 room_not_found where a user neither owns it nor may watch.';

create function public.room_for_coach(p_user_id uuid, p_room_id uuid default null) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object(
    'room_id', r.id, 'asked', left(r.task_prompt, 500), 'status', r.status, 'reason', r.status_reason, 'opened', private.utc(r.created_at),
    'ended', private.utc(r.ended_at), 'follow_up', left(r.follow_up, 500), 'issues', r.issues, 'criteria', r.plan -> 'criteria', 'review', (
      select jsonb_agg(jsonb_build_object('criterion', left(c.value ->> 'criterion', 200), 'met', c.value -> 'met', 'reason', left(c.value ->> 'reason', 200)))
      from jsonb_array_elements(nullif(r.review -> 'criteria', 'null')) as c
    ),
    'tasks', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'role', t.role, 'brief', left(t.brief, 200), 'status', t.status, 'summary', left(t.summary, 500)
      ) order by t.position), '[]')
      from (select x.* from public.room_tasks as x where x.room_id = r.id order by x.position limit 20) as t
    ),
    'files', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'filename', f ->> 'filename', 'description', left(f ->> 'description', 200), 'bytes', f -> 'size', 'version', f -> 'version', 'is_partial', f -> 'is_partial'
      )), '[]')
      from jsonb_array_elements(private.files_json(r.id)) as f
    ),
    'questions', (
      select coalesce(jsonb_agg(left(i.question, 500) order by i.asked_at), '[]')
      from (
        select x.* from public.room_inputs as x
        where x.room_id = r.id and x.answered_at is null and x.question is not null order by x.asked_at limit 5
      ) as i
    )
  )
  from (
    select x.* from public.rooms as x where x.user_id = p_user_id and (p_room_id is null or x.id = p_room_id)
    order by x.created_at desc, x.id desc limit 1
  ) as r;
$$;
comment on function public.room_for_coach is 'How a room of the user''s stands, what was planned, made and found by its review, in few words; the newest without an id. Null for another''s.';

create function public.room_files(p_user_id uuid, p_room text) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  r constant public.rooms := private.readable_room(p_user_id, p_room);
begin
  return jsonb_build_object('room_id', r.room_id, 'access', case when r.user_id = p_user_id then 'owner' else 'reader' end, 'files', (
    select coalesce(jsonb_agg(f.newest || jsonb_build_object('versions', f.versions) order by f.filename), '[]')
    from (
      select v.filename, (array_agg(private.file_json(v) order by v.version desc))[1] as newest,
        jsonb_agg(private.file_json(v) order by v.version) as versions
      from public.room_file_versions as v where v.room_id = r.id and v.status = 'published'
      group by v.filename
    ) as f
  ));
end;
$$;
comment on function public.room_files is
  'The files of a room by name, each its newest version with all versions: {room_id, access, files}. PT404 room_not_found as '
  'room_snapshot.';

create function public.count_file_export(p_user_id uuid) returns void
language sql security definer set search_path = '' as $$
  select private.count_use(p_user_id, 'file_exports');
$$;
comment on function public.count_file_export is
  'Before a file of a room is made anew in another form, whoever''s the room is. PT429 too_many_file_exports.';

create function public.room_events(p_user_id uuid, p_room text, p_after bigint, p_limit int) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  r constant public.rooms := private.readable_room(p_user_id, p_room);
  v_events jsonb;
begin
  v_events := public.list_events(r.user_id, private.room_stream(r.id), p_after, p_limit);
  return case when r.user_id = p_user_id then v_events
    else v_events || jsonb_build_object('items', private.events_to_show(v_events -> 'items')) end;
end;
$$;
comment on function public.room_events is
  'Events of a room behind a seq, at most p_limit: {stream, items, as_of, gap}. PT404 room_not_found as room_snapshot.';

grant execute on function public.request_input, public.save_task_token, public.answer_input, public.unwoken_tasks, public.forget_tokens,
  public.finish_room, public.cancel_room, public.retry_room, public.share_room, public.room_snapshot, public.room_files,
  public.room_for_coach, public.count_file_export, public.room_events to service_role;
