-- =====================================================================================================================
-- The chat turn: begin_turn and finish_turn as its two round trips, check_turn before a question is embedded; a long one
-- also tells what it has streamed
-- =====================================================================================================================

set check_function_bodies = off; -- functions name what comes later

-- -------------------------------------------------------------------------------------------- how turns are shown
create function private.message_json(m public.ai_chat_messages) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object(
    'id', m.id, 'session_id', m.session_id, 'turn_id', m.turn_id, 'role', m.role, 'content', m.content,
    'token_count', m.token_count, 'metadata', m.metadata, 'created_at', private.utc(m.created_at)
  );
$$;
comment on function private.message_json is 'A message as the API shows it.';

create function private.turn_json(t public.ai_chat_turns) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object(
    'id', t.id, 'session_id', t.session_id, 'replaces', t.replaces, 'status', t.status, 'error_code', t.error_code,
    'partial_content', t.partial_content, 'cancel_requested', t.cancel_requested_at is not null,
    'started_at', private.utc(t.started_at), 'ended_at', private.utc(t.ended_at)
  );
$$;
comment on function private.turn_json is 'A turn as the API shows it.';

create function private.running_turn(p_session_id uuid, p_user_id uuid) returns public.ai_chat_turns
language plpgsql stable set search_path = '' as $$
declare
  t public.ai_chat_turns;
begin
  -- One at a time, so it is the newest: found at the same cost however many there were, and however many have just ended.
  select x.* into t from public.ai_chat_turns as x
  where x.session_id = p_session_id and x.user_id = p_user_id order by x.started_at desc limit 1;
  return case when t.status = 'running' then t end;
end;
$$;
comment on function private.running_turn is 'The turn that a session is at; null where there is none.';

create function private.turn_answer(p_turn_id uuid) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'turn', private.turn_json(t), 'message', case when m.id is not null then private.message_json(m) end, 'usage', to_jsonb(u)
  )
  from public.ai_chat_turns as t
  cross join private.usage_snapshot(t.user_id) as u
  left join public.ai_chat_messages as m on m.turn_id = t.id and m.role = 'assistant'
  where t.id = p_turn_id and t.ended_at is not null;
$$;
comment on function private.turn_answer is
  'What became of a question: {turn, message, usage}, with the usage of now; null while the turn runs.';

create function private.turn_history(p_session_id uuid, p_user_id uuid, p_limit int) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', h.id, 'turn_id', h.turn_id, 'role', h.role, 'content', h.content, 'token_count', h.token_count, 'created_at', h.created_at
  ) order by h.created_at, h.id), '[]')
  from (
    select m.id, m.turn_id, m.role, m.content, m.token_count, m.created_at
    from public.ai_chat_messages as m
    left join public.ai_chat_turns as t on t.id = m.turn_id
    where m.session_id = p_session_id and m.user_id = p_user_id and m.replaced_by is null
      and (t.id is null or t.status in ('completed', 'cancelled'))
    order by m.created_at desc, m.id desc
    limit p_limit
  ) as h;
$$;
comment on function private.turn_history is
  'Of the newest messages of a session what a model is told, oldest first. Turns that run or failed are left out: they have no answer '
  'to go with.';

create function private.history_tokens(p_session_id uuid, p_user_id uuid, p_limit int) returns int
language sql stable set search_path = '' as $$
  select coalesce(sum(x.token_count), 0)::int from (
    select m.token_count from public.ai_chat_messages as m
    where m.session_id = p_session_id and m.user_id = p_user_id and m.replaced_by is null
    order by m.created_at desc, m.id desc limit p_limit
  ) as x;
$$;
comment on function private.history_tokens is 'How long the newest messages of a session are.';

create function private.questions_before(p_session_id uuid, p_user_id uuid, p_replaces uuid) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(left(q.content, 500) order by q.created_at desc, q.id desc), '[]')
  from (
    select h.* from (
      select m.*
      from public.ai_chat_messages as m
      left join public.ai_chat_messages as r on r.id = p_replaces
      where m.session_id = p_session_id and m.user_id = p_user_id and m.replaced_by is null
        and (r.id is null or (m.created_at, m.id) < (r.created_at, r.id))
      order by m.created_at desc, m.id desc
      limit 12
    ) as h
    where h.role = 'user'
    order by h.created_at desc, h.id desc
    limit 3
  ) as q;
$$;
comment on function private.questions_before is
  'The beginnings of the three questions before a new one, or before the one that it replaces, newest first: what it may go on from.';

-- ----------------------------------------------------------------------------------------------- a question anew
create function private.messages_from(p_user_id uuid, p_session_id uuid, p_message_id uuid) returns uuid[]
language plpgsql stable set search_path = '' as $$
declare
  q public.ai_chat_messages;
  v_ids uuid[];
begin
  select m.* into q from public.ai_chat_messages as m
  where m.id = p_message_id and m.session_id = p_session_id and m.user_id = p_user_id and m.role = 'user' and m.replaced_by is null;
  if not found then
    raise sqlstate 'PT404' using message = 'message_not_found';
  end if;
  v_ids := array(
    select m.id from public.ai_chat_messages as m
    where m.user_id = p_user_id and m.session_id = p_session_id and m.replaced_by is null
      and m.created_at >= q.created_at and (m.created_at, m.id) >= (q.created_at, q.id)
      and m.role <> 'system' -- what a room has made stays
    order by m.created_at desc, m.id desc limit 101
  );
  if cardinality(v_ids) > 100 then
    raise sqlstate 'PT422' using message = 'message_too_old';
  end if;
  return v_ids;
end;
$$;
comment on function private.messages_from is
  'A question of the user''s and all that came after it. PT404 message_not_found, PT422 message_too_old for more than 100.';

create function private.replace_messages(t public.ai_chat_turns) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_ids constant uuid[] := private.messages_from(t.user_id, t.session_id, t.replaces);
  v_id uuid;
  v_events jsonb := '[]';
begin
  update public.ai_chat_sessions as s set summary = null, summary_until = null, summary_claimed_at = null
  where s.id = t.session_id and s.summary_until >= (select min(m.created_at) from public.ai_chat_messages as m where m.id = any (v_ids));
  update public.ai_chat_messages as m set replaced_by = t.id where m.id = any (v_ids);
  for v_id in
    select a.id from public.ai_action_requests as a
    where a.message_id = any (v_ids) and a.user_id = t.user_id and a.status = 'pending' order by a.created_at, a.id limit 300
  loop
    v_events := v_events || (private.expire_action(v_id) -> 'events');
  end loop;
  return jsonb_path_query_array(v_events, '$[*] ? (@.stream starts with "session:")');
end;
$$;
comment on function private.replace_messages is
  'Puts a turn into the place of the question that it asks anew, and of what came after that; proposals made there that nobody decided '
  'on expire. Returns the session''s events.';

-- ------------------------------------------------------------------------------------------ ending without an answer
create function private.fail_running_turn(
  p_turn_id uuid, p_error_code text, p_partial_content text default null, p_used jsonb default null
) returns jsonb
language plpgsql set search_path = '' as $$
declare
  t public.ai_chat_turns;
  v_used jsonb;
begin
  update public.ai_chat_turns as x
  set status = case when x.cancel_requested_at is null then 'failed' else 'cancelled' end,
    error_code = case when x.cancel_requested_at is null then p_error_code end,
    ended_at = clock_timestamp(), handover = null,
    partial_content = coalesce(nullif(p_partial_content, ''), x.partial_content)
  -- Not by its status: that would have the index of all running turns read, with whatever is dead in it.
  where x.id = p_turn_id and x.ended_at is null
  returning x.* into t;
  if not found then
    return null;
  end if;
  v_used := coalesce(p_used, t.used);
  if (v_used ->> 'tokens')::int > 0 then
    perform private.settle_usage(
      l.id, (v_used ->> 'tokens')::int, 0, (v_used ->> 'cost')::numeric, v_used ->> 'model',
      (v_used ->> 'estimated')::boolean, (v_used ->> 'cost_complete')::boolean
    )
    from public.ai_usage_ledger as l where l.turn_id = t.id;
  else
    perform private.release_usage(l.id) from public.ai_usage_ledger as l where l.turn_id = t.id;
  end if;
  -- The same request may be tried again under its key.
  delete from public.ai_idempotency_keys as i where i.turn_id = t.id;
  if t.replaces is not null then -- there is no better answer: those that it was to replace stand again
    update public.ai_chat_messages as m set replaced_by = null
    where m.replaced_by = t.id and m.id in (
      select x.id from public.ai_chat_messages as x
      where x.user_id = t.user_id and x.session_id = t.session_id order by x.created_at desc, x.id desc limit 110
    );
  end if;
  return private.emit_event(
    private.session_stream(t.session_id), t.user_id, 'turn.' || t.status, jsonb_build_object('turn', private.turn_json(t)),
    private.stored_turn(t)
  );
end;
$$;
comment on function private.fail_running_turn is
  'Ends a running turn as failed, or as cancelled if that was asked for: the user pays no message, but the tokens and the'
  ' cost in p_used {tokens, cost, model, estimated, cost_complete}, or where that is not known those of the last checkpoint;'
  ' what was streamed is kept. Returns the event;'
  ' null, and nothing changes, when the turn had ended before.';

create function private.fail_lost_turns(p_user_id uuid, p_at timestamptz) returns int
language sql set search_path = '' as $$
  select count(private.fail_running_turn(t.id, 'worker_lost'))::int
  from public.ai_chat_turns as t
  where t.user_id = p_user_id and t.status = 'running' and t.lease_until <= p_at;
$$;
comment on function private.fail_lost_turns is 'Ends the turns of a user whose worker must be dead; returns how many.';

create function public.fail_turn(
  p_user_id uuid, p_turn_id uuid, p_error_code text, p_partial_content text default null, p_used jsonb default null
) returns jsonb
language plpgsql security definer set search_path = '' as $$
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
language plpgsql set search_path = '' as $$
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

create function private.refuse_while_running(p_session_id uuid, p_user_id uuid) returns void
language plpgsql set search_path = '' as $$
declare
  t constant public.ai_chat_turns := private.running_turn(p_session_id, p_user_id);
begin
  if t.id is not null then
    raise sqlstate 'PT409' using
      message = 'turn_in_progress', detail = json_build_object('turn_id', t.id, 'retry_after', 2)::text;
  end if;
end;
$$;
comment on function private.refuse_while_running is 'PT409 turn_in_progress: a second question would not know the first one''s answer.';

create function public.check_turn(
  p_user_id uuid, p_session_id uuid, p_reserve_tokens int, p_reserve_cost numeric,
  p_idempotency_key text default null, p_request_hash text default null, p_replaces uuid default null
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  k public.ai_idempotency_keys;
  s record;
begin
  perform private.lock_user(p_user_id);
  perform private.fail_lost_turns(p_user_id, now());
  select * into k from public.ai_idempotency_keys as i
  where i.user_id = p_user_id and i.operation = 'send_message:' || p_session_id and i.key = p_idempotency_key
    and i.expires_at > now();
  if found and k.request_hash <> p_request_hash then
    raise sqlstate 'PT422' using message = 'idempotency_key_reused';
  elsif found then
    return jsonb_build_object('replayed', true, 'response', private.stored_answer(k));
  end if;
  perform from public.ai_chat_sessions as x where x.id = p_session_id and x.user_id = p_user_id;
  if not found then
    if p_idempotency_key is not null and not exists (select from auth.users as a where a.id = p_user_id) then
      raise sqlstate 'PT401' using message = 'account_gone'; -- as claiming the key would
    end if;
    raise sqlstate 'PT404' using message = 'session_not_found';
  end if;
  perform private.refuse_while_running(p_session_id, p_user_id);
  if p_replaces is not null then
    perform private.messages_from(p_user_id, p_session_id, p_replaces);
  end if;
  perform private.refuse_after_failures(p_user_id);
  perform private.release_expired(p_user_id, now());
  select * into s from private.usage_snapshot(p_user_id);
  if s.messages_used + s.messages_reserved + 1 > s.messages_limit
    or s.tokens_used + s.tokens_reserved + p_reserve_tokens > s.tokens_limit
    or s.cost_used + s.cost_reserved + p_reserve_cost > s.cost_limit then
    perform private.raise_quota_exceeded(p_user_id, p_reserve_tokens, 1, p_reserve_cost, now());
  end if;
  return jsonb_build_object(
    'replayed', false, 'serving_model', public.serving_model(),
    'questions_before', private.questions_before(p_session_id, p_user_id, p_replaces)
  );
end;
$$;
comment on function public.check_turn is
  'What begin_turn would refuse, before a question is embedded, which is paid: {replayed: true, response} of an earlier request, or '
  '{replayed: false, serving_model, questions_before}: with what to embed the question, and what it may go on from. Raises what '
  'begin_turn does. Claims nothing: begin_turn looks again.';

-- ----------------------------------------------------------------------------------------- what a worker is given
create function private.turn_work(t public.ai_chat_turns, m public.ai_chat_messages, p_history_limit int) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'replayed', false,
    'turn', private.turn_json(t),
    -- Only the first question gives a session its title.
    'first', n.before = 0 and s.title_source = 'question',
    'athlete', private.athlete(t.user_id, 84, 150),
    'actions', private.recent_actions(t.session_id, t.user_id, 10),
    'question', m.content,
    'question_id', m.id,
    'history', private.turn_history(t.session_id, t.user_id, p_history_limit - 1),
    'history_total', n.before,
    'summary', s.summary,
    'summary_until', private.utc(s.summary_until),
    'listeners', private.listeners(t.user_id, private.session_stream(t.session_id))
  )
  from public.ai_chat_sessions as s
  cross join (
    select count(*) - 1 as before from (
      select from public.ai_chat_messages as x
      where x.session_id = t.session_id and x.user_id = t.user_id and x.replaced_by is null limit 1001
    ) as counted
  ) as n
  where s.id = t.session_id;
$$;
comment on function private.turn_work is 'What a turn is answered from: all that begin_turn returns but passages and events.';

create function private.work_again(t public.ai_chat_turns, p_history_limit int) returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  v_stream constant text := private.session_stream(t.session_id);
  m public.ai_chat_messages;
begin
  if t.ended_at is not null then
    raise sqlstate 'PT409' using message = 'turn_ended';
  end if;
  select x.* into strict m from public.ai_chat_messages as x where x.turn_id = t.id and x.role = 'user';
  return private.turn_work(t, m, p_history_limit) || jsonb_build_object('events', (
    select coalesce(jsonb_agg(jsonb_build_object(
      'v', 1, 'stream', e.stream, 'seq', e.seq, 'type', e.type, 'ts', private.utc(e.created_at),
      'data', private.event_data(e::public.ai_events, private.message_json(m))
    )), '[]')
    from (
      select x.* from public.ai_events as x
      where x.user_id = t.user_id and x.stream = v_stream order by x.seq desc limit 10 -- little comes before the answer
    ) as e
    where e.type = 'turn.started' and e.data ->> 'message' = m.id::text
  ));
end;
$$;
comment on function private.work_again is
  'The work of a turn that has begun, and the event of its beginning. PT409 turn_ended when there is nothing left to do.';

create function private.passage_references(p_passages jsonb) returns jsonb
language sql immutable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'chunk_id', p.value -> 'chunk_id', 'score', p.value -> 'score', 'rank_score', p.value -> 'rank_score'
  ) order by p.ordinality), '[]')
  from jsonb_array_elements(p_passages) with ordinality as p;
$$;
comment on function private.passage_references is 'Of passages what their chunks do not say.';

create function private.referenced_passages(p_references jsonb) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'source', d.source, 'title', d.metadata ->> 'title', 'heading', d.metadata ->> 'heading',
    'version', (d.metadata ->> 'version')::int, 'reviewed_on', d.metadata ->> 'reviewed_on', 'content', d.content, 'token_count', d.token_count
  ) || p.value order by p.ordinality), '[]')
  from jsonb_array_elements(p_references) with ordinality as p
  join public.ai_kb_docs as d on d.id = (p.value ->> 'chunk_id')::uuid;
$$;
comment on function private.referenced_passages is
  'The passages of private.passage_references again, best first, without those whose document has been replaced meanwhile.';

-- ---------------------------------------------------------------------------------------------------- begin_turn
create function public.begin_turn(
  p_user_id uuid, p_session_id uuid, p_content text, p_token_count int,
  p_embedding extensions.vector, p_embedding_model text, p_reserve_tokens int, p_reserve_cost numeric,
  p_idempotency_key text default null, p_request_hash text default null,
  p_history_limit int default 50, p_passage_limit int default 8, p_min_score double precision default 0,
  p_lease_seconds double precision default 900, p_free boolean default false,
  p_turn_id uuid default null, p_hand_over boolean default false, p_embedding_tokens int default 0, p_replaces uuid default null,
  p_context text default null, p_context_embedding extensions.vector default null, p_goes_on boolean default true,
  p_most_tokens int default null, p_most_cost numeric default null, p_most_history int default null
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_operation constant text := 'send_message:' || p_session_id;
  v_turn_id constant uuid := coalesce(p_turn_id, gen_random_uuid());
  v_searched constant boolean := not p_free and p_passage_limit > 0;
  v_share numeric; -- of what is reserved for a long conversation
  v_stored jsonb;
  v_passages jsonb := '[]';
  v_events jsonb := '[]';
  t public.ai_chat_turns;
  m public.ai_chat_messages;
begin
  perform private.lock_user(p_user_id);
  -- Before the key is claimed: the dead worker of an earlier attempt must not block it.
  perform private.fail_lost_turns(p_user_id, now());
  select x.* into t from public.ai_chat_turns as x
  where x.id = p_turn_id and x.session_id = p_session_id and x.user_id = p_user_id;
  if found then -- the answer to the first call was lost
    return private.work_again(t, p_history_limit) || jsonb_build_object(
      'searched', v_searched, 'passages', case when v_searched then public.search_knowledge(
        p_content, p_embedding, p_embedding_model, p_passage_limit, p_min_score, p_context, p_context_embedding, p_goes_on
      ) else '[]' end
    );
  end if;
  v_stored := private.claim_idempotency_key(p_user_id, v_operation, p_idempotency_key, p_request_hash, v_turn_id);
  if v_stored is not null then
    return jsonb_build_object('replayed', true, 'response', v_stored);
  end if;
  -- Stamps updated_at, so that the session moves to the top of the list.
  update public.ai_chat_sessions as s
  set updated_at = now(),
    title = case when o.title_source = 'none' then left(regexp_replace(p_content, '\s+', ' ', 'g'), 60) else s.title end,
    title_source = case when o.title_source = 'none' then 'question' else s.title_source end
  from public.ai_chat_sessions as o -- as it was before
  where s.id = p_session_id and s.user_id = p_user_id and o.id = s.id;
  if not found then
    raise sqlstate 'PT404' using message = 'session_not_found';
  end if;
  perform private.refuse_while_running(p_session_id, p_user_id);
  if v_searched then
    v_passages := public.search_knowledge(
      p_content, p_embedding, p_embedding_model, p_passage_limit, p_min_score, p_context, p_context_embedding, p_goes_on
    );
  end if;

  insert into public.ai_chat_turns (id, session_id, user_id, replaces, lease_until, handover)
  values (
    v_turn_id, p_session_id, p_user_id, p_replaces, now() + make_interval(secs => p_lease_seconds),
    case when p_hand_over then jsonb_build_object(
      'embedding_model', p_embedding_model, 'embedding_tokens', p_embedding_tokens, 'searched', v_searched,
      'passages', private.passage_references(v_passages)
    ) end
  )
  returning * into t;
  if p_replaces is not null then
    v_events := private.replace_messages(t);
  end if;
  if p_free then
    perform private.count_use(p_user_id, 'urgent_messages');
  else
    perform private.refuse_after_failures(p_user_id);
    v_share := least(1, private.history_tokens(p_session_id, p_user_id, p_history_limit)::numeric / nullif(p_most_history, 0));
    perform private.reserve_usage(
      p_user_id, p_reserve_tokens + coalesce(ceil((p_most_tokens - p_reserve_tokens) * v_share)::int, 0), 1,
      p_reserve_cost + coalesce((p_most_cost - p_reserve_cost) * v_share, 0), t.id, make_interval(secs => p_lease_seconds)
    );
  end if;
  insert into public.ai_chat_messages (session_id, user_id, turn_id, role, content, token_count)
  values (p_session_id, p_user_id, t.id, 'user', p_content, p_token_count)
  returning * into m;
  v_events := v_events || private.emit_event(
    private.session_stream(p_session_id), p_user_id, 'turn.started',
    jsonb_build_object('turn', private.turn_json(t), 'message', private.message_json(m)),
    private.stored_turn(t) || jsonb_build_object('message', m.id)
  );

  return private.turn_work(t, m, p_history_limit) || jsonb_build_object(
    'searched', v_searched, 'passages', v_passages, 'events', v_events
  );
end;
$$;
comment on function public.begin_turn is
  'Opens a turn in one transaction: idempotency, ownership, one turn at a time, quota, the question; returns {turn, '
  'first, athlete, actions, question, question_id, history, history_total (1000 for more), searched, passages, events, listeners}, '
  'or {replayed: true, response}. PT404 session_not_found, PT409 turn_in_progress or request_in_progress, PT422 '
  'idempotency_key_reused, PT429 quota_exceeded, too_many_failures or too_many_urgent_messages; each leaves nothing behind. p_free: '
  'nothing is reserved, as no model is asked. Else p_reserve is, and as much more as the newest messages are long: p_most_tokens and '
  'p_most_cost where they have p_most_history tokens or more. A worker that is not '
  'done after p_lease_seconds counts as dead. Safe to repeat under the same p_turn_id, with the same result; PT409 turn_ended '
  'where that turn has ended meanwhile. p_hand_over: another worker will claim the turn. p_passage_limit 0: nothing is '
  'searched. p_context: the question behind those that it may go on from; p_goes_on: that it does is clear from its words.';

create function public.claim_turn(
  p_user_id uuid, p_turn_id uuid, p_worker_id uuid, p_lease_seconds double precision, p_history_limit int default 50
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  t public.ai_chat_turns;
begin
  perform private.lock_user(p_user_id);
  update public.ai_chat_turns as x
  set worker_id = p_worker_id, lease_until = now() + make_interval(secs => p_lease_seconds)
  where x.id = p_turn_id and x.user_id = p_user_id and x.ended_at is null and x.lease_until > now()
    and x.handover is not null and coalesce(x.worker_id, p_worker_id) = p_worker_id
  returning x.* into t;
  if not found then
    return null;
  end if;
  return private.work_again(t, p_history_limit) || t.handover || jsonb_build_object(
    'passages', private.referenced_passages(t.handover -> 'passages')
  );
end;
$$;
comment on function public.claim_turn is
  'Takes over a turn that begin_turn left to another worker: what begin_turn returned, with embedding_model and '
  'embedding_tokens. Null where another one has claimed it, it has ended, or its time is over. Safe to repeat by the same '
  'worker.';

create function public.checkpoint_turn(
  p_user_id uuid, p_turn_id uuid, p_partial_content text, p_used jsonb default null
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  t public.ai_chat_turns;
begin
  update public.ai_chat_turns as x set partial_content = nullif(p_partial_content, ''), used = coalesce(p_used, x.used)
  where x.id = p_turn_id and x.user_id = p_user_id and x.ended_at is null -- as in fail_running_turn
  returning x.* into t;
  return jsonb_build_object(
    'proceed', found and t.cancel_requested_at is null,
    'listeners', private.listeners(p_user_id, private.session_stream(t.session_id))
  );
end;
$$;
comment on function public.checkpoint_turn is
  'Keeps what a running turn has streamed and used: {proceed, listeners}; proceed is false when it was cancelled or has ended.';

-- --------------------------------------------------------------------------------------------------- finish_turn
create function private.emit_turn_end(t public.ai_chat_turns, m public.ai_chat_messages, p_response jsonb) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_types text[] := array['turn.' || t.status];
  v_data jsonb[] := array[jsonb_build_object('turn', p_response -> 'turn', 'message_id', m.id)];
  v_stored jsonb[] := array[private.stored_turn(t) || jsonb_build_object('message_id', m.id)];
begin
  if m.id is not null then
    v_types := array['message.completed'] || v_types;
    v_data := array[jsonb_build_object('message', p_response -> 'message')] || v_data;
    v_stored := array[jsonb_build_object('message', m.id)] || v_stored;
  end if;
  return private.emit_events(private.session_stream(t.session_id), t.user_id, v_types, v_data, v_stored)
    || private.emit_event('user:' || t.user_id, t.user_id, 'usage.updated', jsonb_build_object('usage', p_response -> 'usage'), '{}');
end;
$$;
comment on function private.emit_turn_end is 'The events of a turn that has ended with what there is of an answer.';

create function public.finish_turn(
  p_user_id uuid, p_turn_id uuid, p_content text, p_token_count int, p_metadata jsonb,
  p_tokens int, p_cost numeric, p_model text, p_cost_complete boolean default true, p_estimated boolean default false,
  p_status text default 'completed', p_actions jsonb default '[]', p_free boolean default false
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  t public.ai_chat_turns;
  m public.ai_chat_messages;
  v_repeated boolean := false;
  v_charged boolean;
  v_actions jsonb;
  v_events jsonb := '[]';
  v_response jsonb;
begin
  perform private.lock_user(p_user_id);
  update public.ai_chat_turns as x
  set status = case when x.cancel_requested_at is null then p_status else 'cancelled' end, ended_at = clock_timestamp(),
    partial_content = null, handover = null, used = null
  where x.id = p_turn_id and x.user_id = p_user_id and x.ended_at is null -- as in fail_running_turn
  returning x.* into t;
  if found then
    v_charged := not (p_free and private.is_within_limits(p_user_id, 'free_answers'));
    perform private.settle_usage(
      l.id, p_tokens, v_charged::int, p_cost, p_model, p_estimated, p_cost_complete, p_charged => v_charged
    )
    from public.ai_usage_ledger as l where l.turn_id = t.id;
    v_actions := case when t.status = 'completed' then private.new_proposals(t, p_actions) else '[]' end;
    if p_content <> '' then
      insert into public.ai_chat_messages (session_id, user_id, turn_id, role, content, token_count, metadata)
      values (
        t.session_id, p_user_id, t.id, 'assistant', p_content, p_token_count,
        p_metadata || jsonb_build_object('status', t.status, 'actions', jsonb_path_query_array(v_actions, '$[*].id'))
      )
      returning * into m;
    end if;
    v_events := private.propose_actions(t, m.id, v_actions) || private.remember_unasked(p_user_id, t.id);
  else
    -- The first call may have been carried out although its answer was lost.
    v_repeated := true;
    select x.* into t from public.ai_chat_turns as x
    where x.id = p_turn_id and x.user_id = p_user_id and x.status in ('completed', 'cancelled');
    if not found then
      raise sqlstate 'PT409' using message = 'turn_ended';
    end if;
  end if;

  v_response := private.turn_answer(t.id);
  if not v_repeated then
    v_events := v_events || private.emit_turn_end(t, m, v_response);
  end if;
  return jsonb_build_object(
    'response', v_response,
    'events', v_events,
    'listeners', private.listeners(p_user_id, private.session_stream(t.session_id)),
    'user_listeners', private.listeners(p_user_id, 'user:' || p_user_id)
  );
end;
$$;
comment on function public.finish_turn is
  'Ends a running turn with its answer and the proposals in it (as cancelled and without them, if that was asked for '
  'meanwhile), settles its reservation and returns {response: {turn, message, usage}, events, listeners, user_listeners}.'
  ' p_free: the user is not charged, unless that has been so too often. Safe to repeat: an answer is stored and charged once. '
  'PT409 turn_ended when the turn has failed.';

-- --------------------------------------------------------------------------------------------------- cancel_turn
create function public.cancel_turn(p_user_id uuid, p_session_id uuid, p_turn_id uuid) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  t public.ai_chat_turns;
begin
  perform private.lock_user(p_user_id);
  update public.ai_chat_turns as x set cancel_requested_at = coalesce(x.cancel_requested_at, now())
  where x.id = p_turn_id and x.session_id = p_session_id and x.user_id = p_user_id and x.ended_at is null
  returning x.* into t;
  if found and t.lease_until <= now() then
    perform private.fail_running_turn(t.id, 'worker_lost');
  end if;
  select x.* into t from public.ai_chat_turns as x
  where x.id = p_turn_id and x.session_id = p_session_id and x.user_id = p_user_id;
  if not found then
    raise sqlstate 'PT404' using message = 'turn_not_found';
  end if;
  return private.turn_json(t);
end;
$$;
comment on function public.cancel_turn is
  'Asks the worker of a turn to stop, which it does at its next checkpoint. Safe to repeat; a turn that has ended stays as it '
  'is. PT404 turn_not_found.';

grant execute on function public.check_turn, public.begin_turn, public.claim_turn, public.checkpoint_turn, public.finish_turn,
  public.fail_turn, public.cancel_turn to service_role;
