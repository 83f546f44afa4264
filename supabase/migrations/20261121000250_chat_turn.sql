-- =====================================================================================================================
-- The chat turn proposes actions, and tells the model what became of earlier ones
-- =====================================================================================================================

create function private.recent_actions(p_session_id uuid, p_limit int) returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(private.action_json(x::public.ai_action_requests) order by x.created_at, x.id), '[]')
  from (
    select a.* from public.ai_action_requests as a
    where a.session_id = p_session_id order by a.created_at desc, a.id desc limit p_limit
  ) as x;
$$;
comment on function private.recent_actions is 'The newest proposals of a session, oldest first.';

drop function public.begin_turn(
  uuid, uuid, text, int, extensions.vector, text, int, numeric, text, text, int, int, double precision, double precision
);

create function public.begin_turn(
  p_user_id uuid, p_session_id uuid, p_content text, p_token_count int,
  p_embedding extensions.vector, p_embedding_model text, p_reserve_tokens int, p_reserve_cost numeric,
  p_idempotency_key text default null, p_request_hash text default null,
  p_history_limit int default 50, p_passage_limit int default 8, p_min_score double precision default 0,
  p_lease_seconds double precision default 900, p_free boolean default false
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_operation constant text := 'send_message:' || p_session_id;
  v_stream constant text := private.session_stream(p_session_id);
  v_stored jsonb;
  v_title_source text;
  v_history jsonb;
  v_event jsonb;
  t public.ai_chat_turns;
  m public.ai_chat_messages;
begin
  perform private.lock_user(p_user_id);
  -- Before the key is claimed: the dead worker of an earlier attempt must not block it.
  perform private.fail_lost_turns(p_user_id, now());
  v_stored := private.claim_idempotency_key(p_user_id, v_operation, p_idempotency_key, p_request_hash);
  if v_stored is not null then
    return jsonb_build_object('replayed', true, 'response', v_stored);
  end if;
  -- Stamps updated_at, so that the session moves to the top of the list.
  update public.ai_chat_sessions as s set updated_at = now() where s.id = p_session_id and s.user_id = p_user_id
  returning s.title_source into v_title_source;
  if not found then
    raise sqlstate 'PT404' using message = 'session_not_found';
  end if;
  select * into t from public.ai_chat_turns as x where x.session_id = p_session_id and x.status = 'running';
  if found then
    raise sqlstate 'PT409' using
      message = 'turn_in_progress', detail = json_build_object('turn_id', t.id, 'retry_after', 2)::text;
  end if;
  v_history := private.turn_history(p_session_id, p_history_limit - 1);

  insert into public.ai_chat_turns (session_id, user_id, lease_until)
  values (p_session_id, p_user_id, now() + make_interval(secs => p_lease_seconds))
  returning * into t;
  if not p_free then
    perform private.reserve_usage(
      p_user_id, p_reserve_tokens, 1, p_reserve_cost, t.id, make_interval(secs => p_lease_seconds)
    );
  end if;
  insert into public.ai_chat_messages (session_id, user_id, turn_id, role, content, token_count)
  values (p_session_id, p_user_id, t.id, 'user', p_content, p_token_count)
  returning * into m;
  update public.ai_idempotency_keys as i set turn_id = t.id
  where i.user_id = p_user_id and i.operation = v_operation and i.key = p_idempotency_key;
  if v_title_source = 'none' then
    update public.ai_chat_sessions as s
    set title = left(regexp_replace(p_content, '\s+', ' ', 'g'), 60), title_source = 'question'
    where s.id = p_session_id;
  end if;
  v_event := private.emit_event(
    v_stream, p_user_id, 'turn.started',
    jsonb_build_object('turn', private.turn_json(t), 'message', private.message_json(m))
  );

  return jsonb_build_object(
    'replayed', false,
    'turn', private.turn_json(t),
    'first', v_title_source = 'none',
    'athlete', private.athlete(p_user_id),
    'actions', private.recent_actions(p_session_id, 10),
    'question_id', m.id,
    'history', v_history,
    'history_total', (select count(*) from public.ai_chat_messages as x where x.session_id = p_session_id) - 1,
    'passages', case when p_free then '[]' else public.search_knowledge(
      p_content, p_embedding, p_embedding_model, p_passage_limit, p_min_score
    ) end,
    'events', jsonb_build_array(v_event),
    'listeners', private.listeners(p_user_id, v_stream)
  );
end;
$$;
comment on function public.begin_turn is
  'Opens a turn in one transaction: idempotency, ownership, one turn at a time, quota, the question; returns {turn, first, '
  'athlete, actions, question_id, history, history_total, passages, events, listeners}, or {replayed: true, response}. PT404 session_not_found, '
  'PT409 turn_in_progress or request_in_progress, PT422 idempotency_key_reused, PT429 quota_exceeded; each leaves nothing '
  'behind. p_free: nothing is reserved, as no model is asked. A worker that is not done after p_lease_seconds counts as dead.';

drop function public.finish_turn(uuid, uuid, text, int, jsonb, int, numeric, text, boolean, boolean, text);

create function public.finish_turn(
  p_user_id uuid, p_turn_id uuid, p_content text, p_token_count int, p_metadata jsonb,
  p_tokens int, p_cost numeric, p_model text, p_cost_complete boolean default true, p_estimated boolean default false,
  p_status text default 'completed', p_actions jsonb default '[]'
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  t public.ai_chat_turns;
  m public.ai_chat_messages;
  v_repeated boolean := false;
  v_events jsonb := '[]';
  v_response jsonb;
begin
  perform private.lock_user(p_user_id);
  update public.ai_chat_turns as x
  set status = case when x.cancel_requested_at is null then p_status else 'cancelled' end, ended_at = clock_timestamp(),
    partial_content = null
  where x.id = p_turn_id and x.user_id = p_user_id and x.status = 'running'
  returning x.* into t;
  if found then
    perform private.settle_usage(l.id, p_tokens, 1, p_cost, p_model, p_estimated, p_cost_complete)
    from public.ai_usage_ledger as l where l.turn_id = t.id;
    if p_content <> '' then
      insert into public.ai_chat_messages (session_id, user_id, turn_id, role, content, token_count, metadata)
      values (
        t.session_id, p_user_id, t.id, 'assistant', p_content, p_token_count,
        p_metadata || jsonb_build_object(
          'status', t.status, 'actions', jsonb_path_query_array(case when t.status = 'completed' then p_actions else '[]' end, '$[0 to 2].id')
        )
      )
      returning * into m;
    end if;
    if t.status = 'completed' then
      v_events := private.propose_actions(t, m.id, p_actions);
    end if;
  else
    -- The first call may have been carried out although its answer was lost.
    v_repeated := true;
    select x.* into t from public.ai_chat_turns as x
    where x.id = p_turn_id and x.user_id = p_user_id and x.status in ('completed', 'cancelled');
    if not found then
      raise sqlstate 'PT409' using message = 'turn_ended';
    end if;
  end if;

  select a.* into m from public.ai_chat_messages as a where a.turn_id = t.id and a.role = 'assistant';
  select jsonb_build_object(
    'turn', private.turn_json(t),
    'message', case when m.id is not null then private.message_json(m) end,
    'usage', to_jsonb(u)
  ) into v_response
  from private.usage_snapshot(p_user_id) as u;
  if not v_repeated then
    update public.ai_idempotency_keys as i set response = v_response where i.turn_id = t.id;
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
  'meanwhile), settles its reservation and returns {response: {turn, message, usage}, events, listeners, user_listeners}. Safe to repeat: an answer is stored and charged once. PT409 '
  'turn_ended when the turn has failed.';

grant execute on function public.begin_turn, public.finish_turn to service_role;
