-- =====================================================================================================================
-- Actions: proposed by the coach, decided by the user, carried out once, taken back
-- =====================================================================================================================
-- Whatever an action changes is described by one function per type, private.action_<type>: it reads the state of what the
-- payload is about, and can write one. Versions, stale proposals, execution and undo all follow from those two: the
-- version of a target is the hash of its state, and the inverse of an action is the state before it.

set check_function_bodies = off; -- functions name what comes later

-- ------------------------------------------------------------------------------------------- ai_action_requests
create table public.ai_action_requests (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  session_id uuid not null,
  action_type text not null check (char_length(action_type) between 1 and 100),
  payload jsonb not null default '{}' check (jsonb_typeof(payload) = 'object'),
  status text not null default 'pending' check (status in ('pending', 'approved', 'rejected', 'executed', 'failed')),
  error_message text check (char_length(error_message) <= 2000),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  turn_id uuid references public.ai_chat_turns (id) on delete set null,
  message_id uuid references public.ai_chat_messages (id) on delete set null,
  tool_call_id text check (char_length(tool_call_id) <= 200),
  origin jsonb not null default '{}' check (jsonb_typeof(origin) = 'object'),
  payload_hash text not null default '',
  proposed_payload jsonb check (jsonb_typeof(proposed_payload) = 'object'),
  preview jsonb not null default '[]' check (jsonb_typeof(preview) = 'array'),
  target_version text not null default '',
  version int not null default 1 check (version >= 1),
  expires_at timestamptz not null default now() + interval '7 days',
  decision text check (decision in ('approved', 'rejected', 'expired')),
  decision_reason text check (char_length(decision_reason) <= 1000),
  decided_at timestamptz,
  dispatched_at timestamptz,
  executed_at timestamptz,
  result jsonb,
  state_before jsonb,
  applied_version text,
  undo_until timestamptz,
  undone_at timestamptz,
  foreign key (session_id, user_id) references public.ai_chat_sessions (id, user_id) on delete cascade,
  check ((status = 'pending') = (decision is null)),
  check ((decision is null) = (decided_at is null)),
  check ((status = 'rejected') = (coalesce(decision, '') in ('rejected', 'expired'))),
  check ((status = 'executed') = (executed_at is not null)),
  check (undone_at is null or status = 'executed')
);
comment on table public.ai_action_requests is
  'What the coach proposed and the user decided. Nothing happens before the user approves.';
comment on column public.ai_action_requests.payload is 'What is carried out: as proposed, or as the user edited it.';
comment on column public.ai_action_requests.proposed_payload is 'As the coach proposed it, where the user edited that.';
comment on column public.ai_action_requests.payload_hash is
  'sha256 of the payload; one that does not fit any more is never carried out.';
comment on column public.ai_action_requests.preview is 'What would change, by the server: [{path, before, after, unit}].';
comment on column public.ai_action_requests.target_version is 'Version of what it changes, as the preview shows it.';
comment on column public.ai_action_requests.version is 'Of the preview. A decision names the one that the user saw.';
comment on column public.ai_action_requests.origin is
  'Where the proposal comes from: question, model, prompt, the passages that the model had.';
comment on column public.ai_action_requests.decision is 'The seed has no status for expired: it is rejected, by nobody.';
comment on column public.ai_action_requests.dispatched_at is
  'When an effect outside of the database was begun. It is begun once.';
comment on column public.ai_action_requests.state_before is 'The inverse: what undo writes back.';
comment on column public.ai_action_requests.applied_version is
  'Version of the target right after the action. Undo needs it unchanged.';

create index ai_action_requests_session_id_idx
  on public.ai_action_requests (session_id, user_id, created_at desc, id desc);
create index ai_action_requests_user_id_status_idx on public.ai_action_requests (user_id, status, expires_at, id);
create index ai_action_requests_user_id_expires_at_idx on public.ai_action_requests (user_id, expires_at, id);
create index ai_action_requests_pending_idx on public.ai_action_requests (expires_at) where status = 'pending';
create index ai_action_requests_session_pending_idx on public.ai_action_requests (session_id, user_id) where status = 'pending';
create index ai_action_requests_approved_idx on public.ai_action_requests (dispatched_at) where status = 'approved';
create index ai_action_requests_turn_id_idx on public.ai_action_requests (turn_id);
create index ai_action_requests_message_id_idx on public.ai_action_requests (message_id);
create trigger ai_action_requests_set_updated_at before update on public.ai_action_requests
  for each row execute function private.set_updated_at();

alter table public.ai_action_requests enable row level security;
create policy "Owners use their action requests" on public.ai_action_requests for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select on public.ai_action_requests to authenticated, service_role;

-- ----------------------------------------------------------------------------------------------- types of actions
-- private.action_open_room is with the rooms.

create function private.action_update_profile(p_user_id uuid, p_action_id uuid, p_payload jsonb, p_write jsonb default null)
returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_empty constant jsonb := '{"goals": [], "equipment": [], "conditions": [], "medicines": []}';
  v_profile jsonb;
begin
  if p_write is not null then
    insert into public.ai_profile (user_id) values (p_user_id) on conflict do nothing;
    update public.ai_profile as p
    set (
      goals, experience_level, equipment, time_availability, injuries, time_zone, units, language, country, birth_year, sex,
      conditions, pregnant, medicines
    ) = (
      select n.goals, n.experience_level, n.equipment, n.time_availability, n.injuries, n.time_zone, n.units, n.language,
        n.country, n.birth_year, n.sex, n.conditions, n.pregnant, n.medicines
      from jsonb_populate_record(p, p_write) as n
    )
    where p.user_id = p_user_id;
  end if;
  select to_jsonb(p) into v_profile from public.ai_profile as p where p.user_id = p_user_id;
  return (
    select coalesce(jsonb_object_agg(k, coalesce(v_profile, v_empty) -> k), '{}')
    from jsonb_object_keys(p_payload) as k
  );
end;
$$;
comment on function private.action_update_profile is 'State: the fields of the profile that the payload names.';

create function private.action_create_workout_plan(
  p_user_id uuid, p_action_id uuid, p_payload jsonb, p_write jsonb default null
) returns jsonb
language plpgsql set search_path = '' as $$
begin
  if p_write is not null then
    update public.workout_plans as w set is_active = false where w.user_id = p_user_id and w.is_active;
    if p_write -> 'plan' = 'null' then
      delete from public.workout_plans as w where w.id = p_action_id and w.user_id = p_user_id;
    else
      insert into public.workout_plans (id, user_id, content, is_active)
      values (p_action_id, p_user_id, p_write -> 'plan', false);
    end if;
    update public.workout_plans as w set is_active = true
    where w.id = (p_write -> 'active_plan' ->> 'id')::uuid and w.user_id = p_user_id;
  end if;
  return jsonb_build_object(
    'plan', (select w.content from public.workout_plans as w where w.id = p_action_id and w.user_id = p_user_id),
    'active_plan', (
      select jsonb_build_object('id', w.id, 'name', w.content -> 'name')
      from public.workout_plans as w where w.user_id = p_user_id and w.is_active
    )
  );
end;
$$;
comment on function private.action_create_workout_plan is
  'State: the plan of this action (null before it), and which plan is active. The plan has the action''s id.';

create function private.action_change_workout_plan(
  p_user_id uuid, p_action_id uuid, p_payload jsonb, p_write jsonb default null
) returns jsonb
language plpgsql set search_path = '' as $$
begin
  if p_write is not null then
    update public.workout_plans as w set content = p_write -> 'plan'
    where w.id = (p_write ->> 'plan_id')::uuid and w.user_id = p_user_id;
  end if;
  return (
    select jsonb_build_object('plan_id', w.id, 'plan', w.content)
    from public.workout_plans as w where w.user_id = p_user_id and w.is_active
  );
end;
$$;
comment on function private.action_change_workout_plan is 'State: the active plan; null when there is none.';

create function private.action_log_workout(p_user_id uuid, p_action_id uuid, p_payload jsonb, p_write jsonb default null)
returns jsonb
language plpgsql set search_path = '' as $$
begin
  if p_write -> 'workout' = 'null' then
    delete from public.workout_logs as l where l.id = p_action_id and l.user_id = p_user_id;
  elsif p_write is not null then
    insert into public.workout_logs (id, user_id, performed_on, content)
    values (p_action_id, p_user_id, (p_write -> 'workout' ->> 'performed_on')::date, p_write -> 'workout');
  end if;
  return jsonb_build_object(
    'workout', (select l.content from public.workout_logs as l where l.id = p_action_id and l.user_id = p_user_id)
  );
end;
$$;
comment on function private.action_log_workout is 'State: the workout of this action, null before it. It has the action''s id.';

create function private.action_remember(p_user_id uuid, p_action_id uuid, p_payload jsonb, p_write jsonb default null)
returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_memory text;
  v_replaced text;
begin
  if p_write ->> 'memory' is null and p_write is not null then
    delete from public.ai_memories as m where m.id = p_action_id and m.user_id = p_user_id;
    if p_write ->> 'replaced' is not null then
      insert into public.ai_memories (user_id, fact) values (p_user_id, p_write ->> 'replaced');
    end if;
  elsif p_write is not null then
    delete from public.ai_memories as m where m.user_id = p_user_id and m.fact = p_payload ->> 'replaces';
    insert into public.ai_memories (id, user_id, fact) values (p_action_id, p_user_id, p_write ->> 'memory');
  end if;
  select m.fact into v_memory from public.ai_memories as m where m.id = p_action_id and m.user_id = p_user_id;
  select m.fact into v_replaced from public.ai_memories as m
  where m.user_id = p_user_id and m.fact = p_payload ->> 'replaces' and m.id <> p_action_id limit 1;
  return jsonb_build_object(
    'memory', v_memory, 'replaced', v_replaced,
    'is_known', v_memory is null and exists (
      select from public.ai_memories as m where m.user_id = p_user_id and lower(m.fact) = lower(p_payload ->> 'fact')
    ),
    'is_full', v_memory is null and (
      select count(*) >= 100 from (select from public.ai_memories as m where m.user_id = p_user_id limit 100)
    )
  );
end;
$$;
comment on function private.action_remember is
  'State: the memory of this action, null before it and after the user changed it; the one that it is to replace; whether the fact is known '
  'already, or there is no room for another. It has the action''s id.';

create function private.action_webhook(p_user_id uuid, p_action_id uuid, p_payload jsonb, p_write jsonb default null)
returns jsonb
language sql immutable set search_path = '' as $$
  select '{}'::jsonb;
$$;
comment on function private.action_webhook is 'Changes nothing in here: its effect is a request that a function sends.';

-- ------------------------------------------------------------------------------------------- state and its version
create function private.action_state(
  p_action_type text, p_user_id uuid, p_action_id uuid, p_payload jsonb, p_write jsonb default null
) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_state jsonb;
begin
  execute format('select private.%I($1, $2, $3, $4)', 'action_' || p_action_type)
  into v_state using p_user_id, p_action_id, p_payload, p_write;
  return coalesce(v_state, 'null');
end;
$$;
comment on function private.action_state is
  'The state of what an action is about, after writing p_write if that is given. A type without its function is an error.';

create function private.document_hash(p_document jsonb) returns text
language sql immutable set search_path = '' as $$
  select encode(sha256(convert_to(coalesce(p_document, 'null')::text, 'UTF8')), 'hex');
$$;
comment on function private.document_hash is 'sha256 of a document.';

create function private.target_version(
  p_action_type text, p_user_id uuid, p_action_id uuid, p_payload jsonb, p_seen jsonb default null
) returns text
language plpgsql set search_path = '' as $$
declare
  v_state constant jsonb := private.action_state(p_action_type, p_user_id, p_action_id, p_payload);
begin
  -- Equal documents may be written differently (60 and 60.0): it is always the stored one that is hashed.
  return case when p_seen is null or p_seen = v_state then private.document_hash(v_state) else 'stale' end;
end;
$$;
comment on function private.target_version is
  'Version of what an action would change: the hash of its state; stale when that is not what was seen.';

-- ----------------------------------------------------------------------------------------- how actions are shown
create function private.action_json(a public.ai_action_requests) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object(
    'id', a.id, 'session_id', a.session_id, 'message_id', a.message_id, 'tool_call_id', a.tool_call_id,
    'action_type', a.action_type, 'status', a.status, 'version', a.version,
    'payload', a.payload, 'proposed_payload', a.proposed_payload, 'payload_hash', a.payload_hash,
    'preview', a.preview, 'target_version', a.target_version, 'origin', a.origin,
    'decision', a.decision, 'decision_reason', a.decision_reason, 'decided_at', private.utc(a.decided_at),
    'result', a.result, 'error_message', a.error_message, 'executed_at', private.utc(a.executed_at),
    'undo_until', private.utc(a.undo_until), 'undone_at', private.utc(a.undone_at),
    'expires_at', private.utc(a.expires_at), 'created_at', private.utc(a.created_at)
  );
$$;
comment on function private.action_json is 'An action as the API shows it.';

create function private.recent_actions(p_session_id uuid, p_user_id uuid, p_limit int) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(private.action_json(x::public.ai_action_requests) order by x.created_at, x.id), '[]')
  from (
    select a.* from public.ai_action_requests as a
    where a.session_id = p_session_id and a.user_id = p_user_id order by a.created_at desc, a.id desc limit p_limit
  ) as x;
$$;
comment on function private.recent_actions is 'The newest proposals of a session, oldest first.';

create function private.emit_action(a public.ai_action_requests, p_type text) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_data constant jsonb := jsonb_build_object('action', private.action_json(a));
begin
  return jsonb_build_array(
    private.emit_event(private.session_stream(a.session_id), a.user_id, p_type, v_data),
    private.emit_event('user:' || a.user_id, a.user_id, p_type, v_data)
  );
end;
$$;
comment on function private.emit_action is 'Tells the session''s and the user''s stream; returns both events.';

create function private.action_outcome(p_outcome text, a public.ai_action_requests, p_events jsonb default '[]') returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'outcome', p_outcome, 'action', private.action_json(a), 'events', p_events,
    'listeners', private.listeners(a.user_id, private.session_stream(a.session_id)),
    'user_listeners', private.listeners(a.user_id, 'user:' || a.user_id)
  );
$$;
comment on function private.action_outcome is
  'What the functions below answer: {outcome, action, events, listeners, user_listeners}.';

-- ------------------------------------------------------------------------------------------------------- propose
create function private.pending_action(p_user_id uuid, p_action_type text, p_payload jsonb) returns uuid
language sql stable set search_path = '' as $$
  select a.id from public.ai_action_requests as a
  where a.user_id = p_user_id and a.status = 'pending' and a.expires_at > now()
    and a.action_type = p_action_type and a.payload = p_payload
  order by a.expires_at, a.id limit 1;
$$;
comment on function private.pending_action is
  'The proposal of this very thing, in whichever session, that waits for the user; null where there is none. Approved twice, it '
  'would be done twice.';

create function public.action_target(p_user_id uuid, p_action_type text, p_action_id uuid, p_payload jsonb) returns jsonb
language sql security definer set search_path = '' as $$
  select jsonb_build_object(
    'state', private.action_state(p_action_type, p_user_id, p_action_id, p_payload),
    'pending', private.pending_action(p_user_id, p_action_type, p_payload)
  );
$$;
comment on function public.action_target is
  '{state, pending}: the state of what a proposal would change, and the id of an equal proposal that waits for the user.';

create function private.new_proposals(t public.ai_chat_turns, p_actions jsonb) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(p.value order by p.ordinality), '[]')
  from jsonb_array_elements(p_actions) with ordinality as p
  where p.ordinality <= 3
    and private.pending_action(t.user_id, p.value ->> 'action_type', p.value -> 'payload') is null;
$$;
comment on function private.new_proposals is
  'At most three proposals of a turn, without those that wait for the user''s decision already.';

create function private.propose_actions(t public.ai_chat_turns, p_message_id uuid, p_actions jsonb) returns jsonb
language plpgsql set search_path = '' as $$
declare
  a public.ai_action_requests;
  p jsonb;
  v_events jsonb := '[]';
begin
  for p in select x.value from jsonb_array_elements(p_actions) as x loop
    insert into public.ai_action_requests (
      id, user_id, session_id, turn_id, message_id, tool_call_id, action_type, payload, payload_hash, preview, target_version,
      origin, expires_at
    )
    values (
      (p ->> 'id')::uuid, t.user_id, t.session_id, t.id, p_message_id, p ->> 'tool_call_id', p ->> 'action_type', p -> 'payload',
      private.document_hash(p -> 'payload'), p -> 'preview',
      private.target_version(p ->> 'action_type', t.user_id, (p ->> 'id')::uuid, p -> 'payload', p -> 'state'), p -> 'origin',
      now() + make_interval(secs => (p ->> 'seconds_to_live')::double precision)
    )
    returning * into a;
    v_events := v_events || private.emit_action(a, 'action.pending');
  end loop;
  return v_events;
end;
$$;
comment on function private.propose_actions is
  'Stores the proposals of a turn, as private.new_proposals gives them: [{id, tool_call_id, action_type, payload, state, preview, origin, '
  'seconds_to_live}], state being that from which the preview was made. Returns the events.';

create function private.remember_unasked(p_user_id uuid, p_turn_id uuid) returns jsonb
language plpgsql set search_path = '' as $$
declare
  a public.ai_action_requests;
  v_state jsonb;
  v_events jsonb := '[]';
begin
  if not coalesce((
    select p.preferences -> 'remember_unasked' = 'true' from public.ai_profile as p where p.user_id = p_user_id
  ), false) then
    return v_events;
  end if;
  for a in
    select x.* from public.ai_action_requests as x
    where x.user_id = p_user_id and x.turn_id = p_turn_id and x.action_type = 'remember' and x.status = 'pending'
      and not x.origin @? '$.passages[*] ? (@.quoted == true)' -- a document has no say in what is known of a user
    order by x.created_at, x.id limit 3
  loop
    v_state := private.action_state('remember', p_user_id, a.id, a.payload);
    continue when (v_state -> 'is_known')::boolean or (v_state -> 'is_full')::boolean;
    update public.ai_action_requests as x
    set status = 'approved', decision = 'approved', decided_at = now(), decision_reason = 'allowed beforehand'
    where x.id = a.id returning x.* into a;
    v_events := v_events || private.emit_action(a, 'action.decided');
    a := private.carry_out_action(
      a, v_state, '{"replaced": null}'::jsonb || jsonb_build_object('memory', a.payload ->> 'fact'), 7 * 86400
    );
    v_events := v_events || private.emit_action(a, 'action.' || a.status);
  end loop;
  return v_events;
end;
$$;
comment on function private.remember_unasked is
  'Carries out what a turn proposed to remember, for a user whose preferences say remember_unasked; the user may undo it. '
  'What a document said waits for the user all the same. Returns the events.';

-- -------------------------------------------------------------------------------------------------------- decide
create function private.open_action(p_user_id uuid, p_action_id uuid) returns public.ai_action_requests
language plpgsql set search_path = '' as $$
declare
  a public.ai_action_requests;
begin
  perform private.lock_user(p_user_id);
  select x.* into a from public.ai_action_requests as x where x.id = p_action_id and x.user_id = p_user_id for update;
  if not found then
    raise sqlstate 'PT404' using message = 'action_not_found';
  end if;
  return a;
end;
$$;
comment on function private.open_action is 'An action of a user, locked until the transaction ends. PT404 action_not_found.';

create function private.expire_action(p_action_id uuid) returns jsonb
language plpgsql set search_path = '' as $$
declare
  a public.ai_action_requests;
begin
  update public.ai_action_requests as x set status = 'rejected', decision = 'expired', decided_at = now()
  where x.id = p_action_id and x.status = 'pending'
  returning x.* into a;
  return private.action_outcome('expired', a, private.emit_action(a, 'action.expired'));
end;
$$;
comment on function private.expire_action is 'Ends a pending action whose time is over.';

create function private.decided_before(a public.ai_action_requests, p_decision text, p_same boolean) returns jsonb
language sql stable set search_path = '' as $$
  select private.action_outcome(
    case when a.decision = 'expired' then 'expired' when a.decision = p_decision and p_same then 'repeated' else 'decided' end, a
  );
$$;
comment on function private.decided_before is
  'What a decision meets that comes after another one: repeated when it is the same, decided when not, expired when too late.';

create function private.words_of_user(p_session_id uuid, p_user_id uuid, p_limit int) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(x.content order by x.created_at, x.id), '[]')
  from (
    select m.* from public.ai_chat_messages as m
    where m.session_id = p_session_id and m.user_id = p_user_id and m.role = 'user'
    order by m.created_at desc, m.id desc limit p_limit
  ) as x;
$$;
comment on function private.words_of_user is
  'The newest messages of a session''s user, oldest first: an age or a pregnancy may stand in them.';

create function private.seen(p_state jsonb, p_user_id uuid) returns text
language sql stable set search_path = '' as $$
  select private.document_hash(jsonb_build_array(p_state, private.athlete(p_user_id) - 'now'));
$$;
comment on function private.seen is 'One hash of all that an approval is checked against.';

create function public.action_for_decision(p_user_id uuid, p_action_id uuid, p_payload jsonb default null) returns jsonb
language sql security definer set search_path = '' as $$
  select jsonb_build_object(
    'action', private.action_json(a),
    'state', s.state,
    'seen', private.seen(s.state, p_user_id),
    'athlete', private.athlete(p_user_id),
    'words', private.words_of_user(a.session_id, p_user_id, 50)
  )
  from public.ai_action_requests as a,
    lateral private.action_state(a.action_type, p_user_id, a.id, coalesce(p_payload, a.payload)) as s (state)
  where a.id = p_action_id and a.user_id = p_user_id;
$$;
comment on function public.action_for_decision is
  'What must be looked at before an approval: {action, state, athlete, words, seen}; state is of what the payload would '
  'change, words what the user said in the session, newest last, seen to be given to approve_action. Null for an action '
  'that is not the user''s.';

create function public.approve_action(
  p_user_id uuid, p_action_id uuid, p_version int, p_payload jsonb, p_seen text, p_after jsonb,
  p_preview jsonb, p_undo_seconds double precision default null, p_external boolean default false
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  a public.ai_action_requests := private.open_action(p_user_id, p_action_id);
  v_payload constant jsonb := coalesce(p_payload, a.payload);
  v_state jsonb;
  v_events jsonb;
begin
  if a.status <> 'pending' then
    return private.decided_before(a, 'approved', coalesce(p_payload, a.proposed_payload, a.payload) = a.payload);
  end if;
  if a.expires_at <= now() then
    return private.expire_action(a.id);
  end if;
  if private.document_hash(a.payload) <> a.payload_hash then
    raise sqlstate 'PT409' using message = 'payload_changed';
  end if;
  if a.version <> p_version
    or a.target_version <> private.target_version(a.action_type, p_user_id, a.id, a.payload) then
    return private.action_outcome('stale', a);
  end if;
  v_state := private.action_state(a.action_type, p_user_id, a.id, v_payload);
  if private.seen(v_state, p_user_id) is distinct from p_seen then
    return private.action_outcome('moved', a);
  end if;

  update public.ai_action_requests as x
  set status = 'approved', decision = 'approved', decided_at = now(), preview = p_preview,
    payload = v_payload, payload_hash = private.document_hash(v_payload),
    proposed_payload = case when v_payload <> x.payload then x.payload end,
    dispatched_at = case when p_external then now() end
  where x.id = a.id
  returning x.* into a;
  v_events := private.emit_action(a, 'action.decided');
  if p_external then
    return private.action_outcome('dispatch', a, v_events);
  end if;
  a := private.carry_out_action(a, v_state, p_after, p_undo_seconds);
  return private.action_outcome(a.status, a, v_events || private.emit_action(a, 'action.' || a.status));
end;
$$;
comment on function public.approve_action is
  'Decides and, unless the effect is outside, carries out in the same transaction. p_payload replaces the proposed one (null: as '
  'proposed); p_seen is of what the caller checked and made p_after and p_preview from. Outcomes: executed, failed; '
  'dispatch: the caller, and nobody else, carries it out; repeated, decided, expired: an earlier decision stands; stale: what it '
  'changes is not what the user saw; moved: look again. PT404 action_not_found, PT409 payload_changed.';

create function private.carry_out_action(
  a public.ai_action_requests, p_state jsonb, p_after jsonb, p_undo_seconds double precision
) returns public.ai_action_requests
language plpgsql set search_path = '' as $$
declare
  v_applied jsonb;
begin
  begin
    v_applied := private.action_state(a.action_type, a.user_id, a.id, a.payload, p_after);
  exception when integrity_constraint_violation or data_exception then
    update public.ai_action_requests as x
    set status = 'failed', error_message = 'This could not be stored. Nothing was changed.'
    where x.id = a.id
    returning x.* into a;
    return a;
  end;
  update public.ai_action_requests as x
  set status = 'executed', executed_at = now(), result = v_applied, state_before = p_state,
    applied_version = private.document_hash(v_applied), undo_until = now() + make_interval(secs => p_undo_seconds)
  where x.id = a.id
  returning x.* into a;
  return a;
end;
$$;
comment on function private.carry_out_action is
  'Writes the state after an approved action; failed, and nothing written, where a rule of a table forbids it.';

create function public.refresh_proposal(
  p_user_id uuid, p_action_id uuid, p_version int, p_state jsonb, p_preview jsonb
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  a public.ai_action_requests := private.open_action(p_user_id, p_action_id);
  v_version constant text := private.target_version(
    a.action_type, p_user_id, a.id, a.payload, coalesce(p_state, 'null')
  );
begin
  if a.status = 'pending' and a.version = p_version and v_version not in ('stale', a.target_version) then
    update public.ai_action_requests as x
    set version = x.version + 1, preview = p_preview, target_version = v_version
    where x.id = a.id
    returning x.* into a;
  end if;
  return private.action_outcome('stale', a);
end;
$$;
comment on function public.refresh_proposal is
  'Gives a stale proposal a fresh preview, made from p_state, and a new version. Does nothing for one that is fresh or decided.';

create function public.reject_action(p_user_id uuid, p_action_id uuid, p_reason text default null) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  a public.ai_action_requests := private.open_action(p_user_id, p_action_id);
begin
  if a.status <> 'pending' then
    return private.decided_before(a, 'rejected', true);
  end if;
  if a.expires_at <= now() then
    return private.expire_action(a.id);
  end if;
  update public.ai_action_requests as x
  set status = 'rejected', decision = 'rejected', decision_reason = p_reason, decided_at = now()
  where x.id = a.id
  returning x.* into a;
  return private.action_outcome('rejected', a, private.emit_action(a, 'action.decided'));
end;
$$;
comment on function public.reject_action is
  'Outcomes: rejected; repeated, decided, expired: an earlier decision stands. PT404 action_not_found.';

create function public.finish_action(p_user_id uuid, p_action_id uuid, p_result jsonb, p_error_message text default null)
returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  a public.ai_action_requests := private.open_action(p_user_id, p_action_id);
begin
  if a.status <> 'approved' then
    return private.action_outcome('repeated', a);
  end if;
  update public.ai_action_requests as x
  set status = case when p_error_message is null then 'executed' else 'failed' end,
    executed_at = case when p_error_message is null then now() end, result = p_result, error_message = p_error_message
  where x.id = a.id
  returning x.* into a;
  return private.action_outcome(a.status, a, private.emit_action(a, 'action.' || a.status));
end;
$$;
comment on function public.finish_action is 'Records what became of an effect outside. Safe to repeat: the first record stands.';

-- ---------------------------------------------------------------------------------------------------------- undo
create function public.undo_action(p_user_id uuid, p_action_id uuid) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  a public.ai_action_requests := private.open_action(p_user_id, p_action_id);
begin
  if a.undone_at is not null then
    return private.action_outcome('repeated', a);
  end if;
  if a.status <> 'executed' or a.undo_until is null then
    raise sqlstate 'PT409' using message = 'not_undoable';
  end if;
  if a.undo_until <= now() then
    raise sqlstate 'PT410' using message = 'undo_expired';
  end if;
  if private.target_version(a.action_type, p_user_id, a.id, a.payload) <> a.applied_version then
    raise sqlstate 'PT409' using message = 'target_changed';
  end if;
  perform private.action_state(a.action_type, p_user_id, a.id, a.payload, a.state_before);
  update public.ai_action_requests as x set undone_at = now() where x.id = a.id returning x.* into a;
  return private.action_outcome('undone', a, private.emit_action(a, 'action.undone'));
end;
$$;
comment on function public.undo_action is
  'Writes back what there was before. Outcomes: undone, repeated. PT404 action_not_found, PT409 not_undoable, PT410 '
  'undo_expired, PT409 target_changed: what the user changed later is never overwritten.';

grant execute on function public.action_target, public.action_for_decision, public.approve_action,
  public.refresh_proposal, public.reject_action, public.finish_action, public.undo_action
  to service_role;
