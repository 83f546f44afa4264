-- =====================================================================================================================
-- The chat turn: begin_turn and finish_turn are its only two round trips
-- =====================================================================================================================

-- ------------------------------------------------------------------------------------------- ai_idempotency_keys
create table public.ai_idempotency_keys (
  user_id uuid not null references auth.users (id) on delete cascade,
  operation text not null check (char_length(operation) between 1 and 100),
  key text not null check (char_length(key) between 1 and 255),
  request_hash text not null check (request_hash ~ '^[0-9a-f]{64}$'),
  turn_id uuid references public.ai_chat_turns (id) on delete cascade,
  response jsonb,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '24 hours',
  primary key (user_id, operation, key)
);
comment on table public.ai_idempotency_keys is 'What a request with an Idempotency-Key led to, so that its repetition has no second effect.';
comment on column public.ai_idempotency_keys.response is 'The stored answer; null while the request is still at work.';

create index ai_idempotency_keys_expires_at_idx on public.ai_idempotency_keys (expires_at);
create index ai_idempotency_keys_turn_id_idx on public.ai_idempotency_keys (turn_id);

alter table public.ai_idempotency_keys enable row level security;
create policy "Owners use their idempotency keys" on public.ai_idempotency_keys for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select on public.ai_idempotency_keys to service_role;

create function private.claim_idempotency_key(p_user_id uuid, p_operation text, p_key text, p_request_hash text)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  k public.ai_idempotency_keys;
begin
  if p_key is null then
    return null;
  end if;
  delete from public.ai_idempotency_keys as i
  where i.user_id = p_user_id and i.operation = p_operation and i.key = p_key and i.expires_at <= now();
  -- A concurrent request with the same key waits here until the first one commits.
  insert into public.ai_idempotency_keys (user_id, operation, key, request_hash)
  values (p_user_id, p_operation, p_key, p_request_hash)
  on conflict do nothing;
  if found then
    return null;
  end if;

  select * into strict k from public.ai_idempotency_keys as i
  where i.user_id = p_user_id and i.operation = p_operation and i.key = p_key;
  if k.request_hash <> p_request_hash then
    raise sqlstate 'PT422' using message = 'idempotency_key_reused';
  end if;
  if k.response is null then
    raise sqlstate 'PT409' using message = 'request_in_progress', detail = json_build_object('retry_after', 2)::text;
  end if;
  return k.response;
end;
$$;
comment on function private.claim_idempotency_key is
  'Null: the caller goes on, and the claim lives or dies with its transaction. Otherwise the stored answer. '
  'PT422 for another body under the same key, PT409 while the first request is at work.';

-- ------------------------------------------------------------------------------------------------ create_session
create function private.session_json(s public.ai_chat_sessions) returns jsonb
language sql
immutable
set search_path = ''
as $$
  select jsonb_build_object('id', s.id, 'title', s.title, 'created_at', s.created_at, 'updated_at', s.updated_at);
$$;
comment on function private.session_json is 'A session as the API shows it.';

create function public.create_session(
  p_user_id uuid, p_title text default null, p_idempotency_key text default null, p_request_hash text default null
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_stored jsonb;
  s public.ai_chat_sessions;
begin
  if not exists (select 1 from auth.users as u where u.id = p_user_id) then
    raise sqlstate 'PT401' using message = 'account_gone';
  end if;
  v_stored := private.claim_idempotency_key(p_user_id, 'create_session', p_idempotency_key, p_request_hash);
  if v_stored is not null then
    return jsonb_build_object('replayed', true, 'response', v_stored);
  end if;
  insert into public.ai_chat_sessions (user_id, title) values (p_user_id, coalesce(p_title, 'New chat'))
  returning * into s;
  update public.ai_idempotency_keys as i set response = private.session_json(s)
  where i.user_id = p_user_id and i.operation = 'create_session' and i.key = p_idempotency_key;
  return jsonb_build_object('replayed', false, 'response', private.session_json(s));
end;
$$;
comment on function public.create_session is 'Opens a session: {replayed, response}. PT401 when the account is gone.';

-- ---------------------------------------------------------------------------------------------------- begin_turn
create function private.message_json(m public.ai_chat_messages) returns jsonb
language sql
immutable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', m.id, 'session_id', m.session_id, 'turn_id', m.turn_id, 'role', m.role, 'content', m.content,
    'token_count', m.token_count, 'metadata', m.metadata, 'created_at', m.created_at
  );
$$;
comment on function private.message_json is 'A message as the API shows it.';

create function private.turn_history(p_session_id uuid, p_limit int) returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(private.message_json(h::public.ai_chat_messages) order by h.created_at, h.id), '[]')
  from (
    select m.*
    from public.ai_chat_messages as m
    left join public.ai_chat_turns as t on t.id = m.turn_id
    where m.session_id = p_session_id and (t.id is null or t.status in ('completed', 'cancelled'))
    order by m.created_at desc, m.id desc
    limit p_limit
  ) as h;
$$;
comment on function private.turn_history is
  'The newest messages of a session, oldest first. Turns that run or failed are left out: they have no answer to go with.';

create function public.begin_turn(
  p_user_id uuid, p_session_id uuid, p_content text, p_token_count int,
  p_embedding extensions.vector, p_embedding_model text, p_reserve_tokens int, p_reserve_cost numeric,
  p_idempotency_key text default null, p_request_hash text default null,
  p_history_limit int default 50, p_passage_limit int default 8, p_min_score double precision default 0
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_operation constant text := 'send_message:' || p_session_id;
  v_stored jsonb;
  v_turn_id uuid;
  v_history jsonb;
begin
  v_stored := private.claim_idempotency_key(p_user_id, v_operation, p_idempotency_key, p_request_hash);
  if v_stored is not null then
    return jsonb_build_object('replayed', true, 'response', v_stored);
  end if;
  -- Also stamps updated_at: the session moves to the top of the list.
  update public.ai_chat_sessions as s set updated_at = now() where s.id = p_session_id and s.user_id = p_user_id;
  if not found then
    raise sqlstate 'PT404' using message = 'session_not_found';
  end if;
  v_history := private.turn_history(p_session_id, p_history_limit - 1);

  insert into public.ai_chat_turns (session_id, user_id) values (p_session_id, p_user_id) returning id into v_turn_id;
  perform private.reserve_usage(p_user_id, p_reserve_tokens, 1, p_reserve_cost, v_turn_id);
  insert into public.ai_chat_messages (session_id, user_id, turn_id, role, content, token_count)
  values (p_session_id, p_user_id, v_turn_id, 'user', p_content, p_token_count);
  update public.ai_idempotency_keys as i set turn_id = v_turn_id
  where i.user_id = p_user_id and i.operation = v_operation and i.key = p_idempotency_key;

  return jsonb_build_object(
    'replayed', false,
    'turn_id', v_turn_id,
    'profile', (
      select to_jsonb(p) - array['user_id', 'created_at', 'updated_at']
      from public.ai_profile as p where p.user_id = p_user_id
    ),
    'history', v_history,
    'history_total', (select count(*) from public.ai_chat_messages as m where m.session_id = p_session_id) - 1,
    'passages', (
      select coalesce(jsonb_agg(to_jsonb(f) order by f.score desc, f.chunk_id), '[]')
      from private.search_passages(p_embedding, p_embedding_model, p_passage_limit, p_min_score) as f
    )
  );
end;
$$;
comment on function public.begin_turn is
  'Opens a turn in one transaction: idempotency, ownership, quota, the question; returns {turn_id, profile, history, '
  'history_total, passages} for the prompt, or {replayed: true, response}. PT404 session_not_found, PT409 '
  'request_in_progress, PT422 idempotency_key_reused, PT429 quota_exceeded; each leaves nothing behind.';

-- --------------------------------------------------------------------------------------------------- finish_turn
create function public.finish_turn(
  p_user_id uuid, p_turn_id uuid, p_content text, p_token_count int, p_metadata jsonb,
  p_tokens int, p_cost numeric, p_model text, p_cost_complete boolean default true, p_estimated boolean default false
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  t public.ai_chat_turns;
  m public.ai_chat_messages;
  v_response jsonb;
begin
  update public.ai_chat_turns as x set status = 'completed', ended_at = clock_timestamp()
  where x.id = p_turn_id and x.user_id = p_user_id and x.status = 'running'
  returning x.* into t;
  if found then
    insert into public.ai_chat_messages (session_id, user_id, turn_id, role, content, token_count, metadata)
    values (t.session_id, p_user_id, t.id, 'assistant', p_content, p_token_count, p_metadata)
    returning * into m;
    perform private.settle_usage(l.id, p_tokens, 1, p_cost, p_model, p_estimated, p_cost_complete)
    from public.ai_usage_ledger as l where l.turn_id = t.id;
  else
    -- The first call may have been carried out although its answer was lost.
    select x.* into t from public.ai_chat_turns as x
    where x.id = p_turn_id and x.user_id = p_user_id and x.status = 'completed';
    if not found then
      raise sqlstate 'PT409' using message = 'turn_ended';
    end if;
    select a.* into strict m from public.ai_chat_messages as a where a.turn_id = t.id and a.role = 'assistant';
  end if;

  select jsonb_build_object(
    'turn', jsonb_build_object('id', t.id, 'status', t.status),
    'message', private.message_json(m),
    'usage', to_jsonb(u)
  ) into v_response
  from private.usage_snapshot(p_user_id) as u;
  update public.ai_idempotency_keys as i set response = v_response where i.turn_id = t.id;
  return v_response;
end;
$$;
comment on function public.finish_turn is
  'Ends a running turn with its whole answer, settles its reservation and returns {turn, message, usage}. Safe to repeat: '
  'an answer is stored and charged once. PT409 turn_ended when the turn was cancelled or has failed.';

create function public.fail_turn(p_user_id uuid, p_turn_id uuid, p_error_code text, p_partial_content text default null)
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  update public.ai_chat_turns as x
  set status = 'failed', ended_at = clock_timestamp(), error_code = p_error_code,
    partial_content = nullif(p_partial_content, '')
  where x.id = p_turn_id and x.user_id = p_user_id and x.status = 'running';
  if found then
    perform private.release_usage(l.id) from public.ai_usage_ledger as l where l.turn_id = p_turn_id;
    -- The same request may be tried again under its key.
    delete from public.ai_idempotency_keys as i where i.turn_id = p_turn_id;
  end if;
end;
$$;
comment on function public.fail_turn is
  'Ends a running turn without an answer: the user pays nothing, what was streamed is kept on the turn. Safe to repeat.';

grant execute on function public.create_session, public.begin_turn, public.finish_turn, public.fail_turn to service_role;
