-- =====================================================================================================================
-- Idempotency: a repeated request has no second effect
-- =====================================================================================================================

set check_function_bodies = off; -- functions name what comes later

-- ------------------------------------------------------------------------------------------- ai_idempotency_keys
create table public.ai_idempotency_keys (
  user_id uuid not null references auth.users (id) on delete cascade,
  operation text not null check (char_length(operation) between 1 and 100),
  key text not null check (char_length(key) between 1 and 255),
  request_hash text not null check (request_hash ~ '^[0-9a-f]{64}$'),
  -- Known before the turn is there, so that the row is written once.
  turn_id uuid references public.ai_chat_turns (id) on delete cascade deferrable initially deferred,
  response jsonb,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '24 hours',
  primary key (user_id, operation, key)
);
comment on table public.ai_idempotency_keys is
  'What a request with an Idempotency-Key led to, so that its repetition has no second effect.';
comment on column public.ai_idempotency_keys.response is 
 'The stored answer; null while the request is still at work, and where turn_id leads to it.';

create index ai_idempotency_keys_expires_at_idx on public.ai_idempotency_keys (expires_at);
create index ai_idempotency_keys_turn_id_idx on public.ai_idempotency_keys (turn_id) where turn_id is not null;

alter table public.ai_idempotency_keys enable row level security;
create policy "Owners use their idempotency keys" on public.ai_idempotency_keys for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select on public.ai_idempotency_keys to service_role;

create function private.stored_answer(k public.ai_idempotency_keys) returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  v_answer constant jsonb := case when k.turn_id is null then k.response else private.turn_answer(k.turn_id) end;
begin
  if v_answer is null then
    raise sqlstate 'PT409' using message = 'request_in_progress', detail = json_strip_nulls(
      json_build_object('turn_id', k.turn_id, 'retry_after', 2)
    )::text;
  end if;
  return v_answer;
end;
$$;
comment on function private.stored_answer is
  'The answer that a request under a key got. PT409 request_in_progress {turn_id} while it is at work.';

create function private.claim_idempotency_key(
  p_user_id uuid, p_operation text, p_key text, p_request_hash text, p_turn_id uuid default null
) returns jsonb
language plpgsql set search_path = '' as $$
declare
  k public.ai_idempotency_keys;
begin
  if p_key is null then
    return null;
  end if;
  perform private.lock_user(p_user_id); -- a concurrent request with the same key waits here until the first one commits
  select * into k from public.ai_idempotency_keys as i
  where i.user_id = p_user_id and i.operation = p_operation and i.key = p_key;
  if found and k.expires_at > now() then
    if k.request_hash <> p_request_hash then
      raise sqlstate 'PT422' using message = 'idempotency_key_reused';
    end if;
    return private.stored_answer(k);
  end if;
  delete from public.ai_idempotency_keys as i
  where i.user_id = p_user_id and i.operation = p_operation and i.key = p_key;
  insert into public.ai_idempotency_keys (user_id, operation, key, request_hash, turn_id)
  values (p_user_id, p_operation, p_key, p_request_hash, p_turn_id);
  return null;
end;
$$;
comment on function private.claim_idempotency_key is
  'Null: the caller goes on, and the claim lives or dies with its transaction. Otherwise the stored answer. '
  'PT422 for another body under the same key, PT409 while the first request is at work.';
