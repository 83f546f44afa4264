-- =====================================================================================================================
-- The work in a room, as its workflow and its agents do it: created, planned, taken, paid for, done
-- =====================================================================================================================

-- ------------------------------------------------------------------------------------------------ files of owners
create function private.publish_file(r public.rooms, p_version_id uuid) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v public.room_file_versions;
begin
  update public.room_file_versions as x
  set status = 'published', room_id = r.id, version = 1 + coalesce((
    select max(o.version) from public.room_file_versions as o where o.room_id = r.id and o.filename = x.filename
  ), 0)
  where x.id = p_version_id
  returning x.* into strict v;
  insert into public.files as f
    (room_id, filename, file_path_on_server, file_size_bytes, mime_type, description, version, sha256, task_id)
  values (r.id, v.filename, v.key, v.size, v.mime, v.description, v.version, v.sha256, v.task_id)
  on conflict (room_id, filename) do update
  set file_path_on_server = excluded.file_path_on_server, file_size_bytes = excluded.file_size_bytes,
    mime_type = excluded.mime_type, description = excluded.description, version = excluded.version, sha256 = excluded.sha256,
    task_id = excluded.task_id, created_at = now();
  return private.emit_event(
    private.room_stream(r.id), r.user_id, 'file.created', jsonb_build_object('file', private.file_json(v) - array['key', 'status'])
  );
end;
$$;
comment on function private.publish_file is 'Makes a draft the newest version of its file in a room; returns the event.';

create function private.check_room_usage(r public.rooms) returns void
language plpgsql set search_path = '' as $$
declare
  s record;
begin
  select * into strict s from private.room_usage(r.id);
  if s.files > r.file_limit then
    raise sqlstate 'PT422' using message = 'too_many_files', detail = json_build_object('limit', r.file_limit)::text;
  elsif s.bytes > r.byte_limit then
    raise sqlstate 'PT422' using message = 'too_many_bytes', detail = json_build_object('limit', r.byte_limit)::text;
  end if;
end;
$$;
comment on function private.check_room_usage is 'PT422 too_many_files or too_many_bytes, which undoes what made it so.';

create function public.register_upload(
  p_user_id uuid, p_file jsonb, p_idempotency_key text default null, p_request_hash text default null
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_stored jsonb;
  v public.room_file_versions;
begin
  perform private.lock_user(p_user_id);
  if not exists (select 1 from auth.users as u where u.id = p_user_id) then
    raise sqlstate 'PT401' using message = 'account_gone';
  end if;
  v_stored := private.claim_idempotency_key(p_user_id, 'create_room_upload', p_idempotency_key, p_request_hash);
  select x.* into v from public.room_file_versions as x
  where x.id = coalesce(v_stored ->> 'id', p_file ->> 'id')::uuid and x.task_id is null;
  if v.user_id = p_user_id and v.sha256 is not distinct from p_file ->> 'sha256' and v.filename = p_file ->> 'filename' then
    return jsonb_build_object('replayed', true, 'file', private.file_json(v));
  elsif v.id is not null or v_stored is not null then
    raise sqlstate 'PT404' using message = 'file_not_found';
  end if;
  insert into public.room_file_versions (id, user_id, filename, key, size, sha256, mime, description)
  values (
    coalesce((p_file ->> 'id')::uuid, gen_random_uuid()), p_user_id, p_file ->> 'filename', p_file ->> 'key',
    (p_file ->> 'size')::bigint, p_file ->> 'sha256', p_file ->> 'mime', p_file ->> 'description'
  )
  returning * into v;
  update public.ai_idempotency_keys as i set response = jsonb_build_object('id', v.id)
  where i.user_id = p_user_id and i.operation = 'create_room_upload' and i.key = p_idempotency_key;
  perform private.count_use(p_user_id, 'uploads');
  perform private.refuse_when_full('bytes', (
    select coalesce(sum(x.size), 0)::bigint from public.room_file_versions as x where x.user_id = p_user_id
  ), 2147483648);
  -- Presigned addresses are cheap to ask for: what nobody has used yet is bounded.
  if (select count(*) from public.room_file_versions as x where x.user_id = p_user_id and x.room_id is null) > 100 then
    raise sqlstate 'PT422' using message = 'too_many_files', detail = json_build_object('limit', 100)::text;
  end if;
  return jsonb_build_object('replayed', false, 'file', private.file_json(v));
end;
$$;
comment on function public.register_upload is
  'Notes a file that its owner is about to upload: {id?, filename, key, size, sha256, mime, description}; returns {replayed, file}.'
  ' A room takes it by its id when it is created or answered. Safe to repeat under an id or a key. PT401 account_gone, PT404 '
  'file_not_found: the id is of something else, PT422 idempotency_key_reused, too_many_files: 100 wait, or storage_full: 2 GiB '
  'of files, those of agents too; PT429 too_many_uploads.';

create function public.pending_uploads(p_user_id uuid, p_file_ids jsonb) returns jsonb
language sql security definer set search_path = '' as $$
  select coalesce(jsonb_agg(private.file_json(v) order by v.created_at), '[]')
  from public.room_file_versions as v
  where v.user_id = p_user_id and v.room_id is null and v.id::text in (select jsonb_array_elements_text(p_file_ids));
$$;
comment on function public.pending_uploads is
  'Those of a user''s files that no room has taken yet: whether they have arrived is to be looked up.';

create function public.note_kept(p_user_id uuid, p_keys jsonb) returns void
language sql security definer set search_path = '' as $$
  update public.room_file_versions as v set key = k.value
  from jsonb_each_text(p_keys) as k where v.id::text = k.key and v.user_id = p_user_id and v.room_id is null;
$$;
comment on function public.note_kept is
  'Where those of a user''s files are from now on that a room is about to take: {id: key}. One that a room has stays where it is.';

create function private.attach_uploads(r public.rooms, p_file_ids jsonb) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_events jsonb := '[]';
  v_id uuid;
  v public.room_file_versions;
begin
  for v_id in select x::uuid from jsonb_array_elements_text(coalesce(p_file_ids, '[]')) as x loop
    select f.* into v from public.room_file_versions as f
    where f.id = v_id and f.user_id = r.user_id and f.task_id is null and coalesce(f.room_id, r.id) = r.id
      and (f.room_id is not null or f.created_at > now() - interval '2 days'); -- then the sweep takes it
    if not found then
      raise sqlstate 'PT404' using message = 'file_not_found';
    end if;
    if v.status = 'draft' then
      v_events := v_events || private.publish_file(r, v_id);
    end if;
  end loop;
  perform private.check_room_usage(r);
  return v_events;
end;
$$;
comment on function private.attach_uploads is
  'Puts uploads of the owner into the room; returns the events. PT404 file_not_found, PT422 as for drafts.';

-- ------------------------------------------------------------------------------------------------------- create
create function private.refuse_while_rooms_are_busy() returns void
language plpgsql set search_path = '' as $$
declare
  v_most constant int := (select l.most from private.deployment_limits as l where l.name = 'rooms_at_work');
begin
  -- Without a lock that all users would wait for: as many more may come as are opened in the same moment.
  if (select count(*) from (select from public.rooms as x where x.status in ('pending', 'processing') limit v_most) as r) >= v_most then
    raise sqlstate 'PT429' using message = 'rooms_busy', detail = '{"retry_after": 120}';
  end if;
end;
$$;
comment on function private.refuse_while_rooms_are_busy is
  'PT429 rooms_busy {retry_after} while as many rooms of all users are at work as private.deployment_limits has it: the rest of what '
  'the account can run is for the coach. One that waits for its owner is not at work, and goes on whenever it is answered.';

create function private.count_room(p_user_id uuid) returns void
language plpgsql set search_path = '' as $$
begin
  perform private.refuse_while_rooms_are_busy();
  perform private.count_use(p_user_id, 'rooms');
  if (select count(*) from public.rooms as x where x.user_id = p_user_id and private.is_open(x)) >= 20 then
    raise sqlstate 'PT429' using message = 'too_many_open_rooms', detail = '{"limit": 20, "retry_after": 60}';
  end if;
end;
$$;
comment on function private.count_room is 'One more room at work. PT429 too_many_rooms, too_many_open_rooms: 20 are at work; rooms_busy.';

create function private.open_new_room(p_user_id uuid, p_id uuid, p_room jsonb, p_tokens int, p_cost numeric) returns public.rooms
language plpgsql set search_path = '' as $$
declare
  b constant jsonb := private.default_budget() || jsonb_strip_nulls(coalesce(nullif(p_room -> 'limits', 'null'), '{}'))
    || jsonb_strip_nulls(jsonb_build_object('tokens', p_tokens, 'cost', p_cost));
  v_session_id constant uuid := p_room ->> 'session_id';
  v_room_id constant text := encode(sha256(convert_to(p_user_id || private.utc(clock_timestamp()), 'UTF8')), 'hex');
  r public.rooms;
begin
  if v_session_id is not null
    and not exists (select 1 from public.ai_chat_sessions as s where s.id = v_session_id and s.user_id = p_user_id) then
    raise sqlstate 'PT404' using message = 'session_not_found';
  end if;
  perform private.count_room(p_user_id);
  insert into public.rooms (
    id, room_id, user_id, session_id, task_prompt, folder_path, provider, agents, approve_plan, estimate, token_limit, cost_limit, call_limit,
    second_limit, file_limit, byte_limit
  )
  values (
    coalesce(p_id, gen_random_uuid()), v_room_id, p_user_id, v_session_id, p_room ->> 'task_prompt', 'rooms/' || v_room_id || '/',
    p_room ->> 'provider', coalesce(nullif(p_room -> 'agents', 'null'), '[]'), coalesce((p_room ->> 'approve_plan')::boolean, false),
    nullif(p_room -> 'estimate', 'null'), (b ->> 'tokens')::int, (b ->> 'cost')::numeric,
    (b ->> 'calls')::int, (b ->> 'seconds')::int, (b ->> 'files')::int, (b ->> 'bytes')::bigint
  )
  returning * into r;
  perform private.reserve_for_room(r, r.token_limit, r.cost_limit);
  return r;
end;
$$;
comment on function private.open_new_room is
  'A new room whose budget is reserved from the week. PT404 session_not_found, PT429 quota_exceeded, too_many_rooms, '
  'rooms_busy or too_many_open_rooms: 20 are at work.';

create function public.create_room(
  p_user_id uuid, p_room jsonb, p_tokens int default null, p_cost numeric default null,
  p_idempotency_key text default null, p_request_hash text default null
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_stored jsonb;
  v_events jsonb;
  r public.rooms;
begin
  perform private.lock_user(p_user_id);
  if not exists (select 1 from auth.users as u where u.id = p_user_id) then
    raise sqlstate 'PT401' using message = 'account_gone';
  end if;
  v_stored := private.claim_idempotency_key(p_user_id, 'create_room', p_idempotency_key, p_request_hash);
  if v_stored is not null then
    return private.room_response((v_stored ->> 'id')::uuid, '[]', '{"replayed": true}');
  end if;
  r := private.open_new_room(p_user_id, null, p_room, p_tokens, p_cost);
  v_events := private.emit_room(r) || private.attach_uploads(r, p_room -> 'files');
  update public.ai_idempotency_keys as i set response = jsonb_build_object('id', r.id)
  where i.user_id = p_user_id and i.operation = 'create_room' and i.key = p_idempotency_key;
  return private.room_response(r.id, v_events, '{"replayed": false}');
end;
$$;
comment on function public.create_room is
  'Creates a room from {task_prompt, agents?, provider?, approve_plan?, estimate?, limits?: {tokens, cost, calls, seconds, files, bytes}, '
  'session_id?, files?: [ids of uploads]}; p_tokens and p_cost go before its limits. Returns {replayed, room, events, '
  'listeners, user_listeners}; a replay has the room as it is now. PT401 account_gone, PT404 session_not_found '
  'or file_not_found, PT409 request_in_progress, PT422 idempotency_key_reused, too_many_files or too_many_bytes, PT429 '
  'quota_exceeded.';

create function public.task_figures() returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('figures', coalesce(jsonb_object_agg(f.role, jsonb_build_object('tokens', f.tokens, 'seconds', f.seconds)), '{}'))
  from (
    select d.role, percentile_cont(array[0.2, 0.8]) within group (order by d.tokens_used) as tokens,
      percentile_cont(array[0.2, 0.8]) within group (order by d.seconds) as seconds
    from (
      select t.role, t.tokens_used, extract(epoch from t.ended_at - t.started_at) as seconds
      from public.room_tasks as t
      where t.status = 'done' and not exists (select from public.room_inputs as i where i.task_id = t.id)
      order by t.ended_at desc limit 500
    ) as d
    group by d.role having count(*) >= 5
  ) as f;
$$;
comment on function public.task_figures is
  'What the newest 500 tasks of this deployment took which waited for nobody, {figures: {role: {tokens: [a fifth took less, a '
  'fifth more], seconds: [the same]}}}; a role of which fewer than 5 are among them is not there. Nothing of whose they were.';

create function public.start_room(p_room_id uuid, p_execution_arn text default null, p_run int default null) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_room(p_room_id);
  v_current constant boolean := r.run = coalesce(p_run, r.run);
  v_events jsonb := '[]';
begin
  if v_current then
    update public.rooms as x set execution_arn = coalesce(p_execution_arn, x.execution_arn) where x.id = r.id;
    if r.status = 'pending' then
      v_events := private.set_room_status(r, 'processing');
    end if;
  end if;
  return private.room_response(r.id, v_events, jsonb_build_object('proceed', v_current and private.is_open(r)));
end;
$$;
comment on function public.start_room is
  'Notes that a run of a room has begun and by which execution (null: not known yet): {proceed, room, events, listeners};'
  ' proceed is false when the room has ended meanwhile or another run has begun. Safe to repeat. PT404 room_not_found.';

-- -------------------------------------------------------------------------------------------------- open_room, an action
create function private.remove_room(r public.rooms) returns void
language plpgsql set search_path = '' as $$
begin
  perform private.release_usage(l.id) from public.ai_usage_ledger as l where l.room_id = r.id and l.status = 'reserved';
  delete from public.rooms as x where x.id = r.id;
  delete from public.ai_streams as e where e.stream = private.room_stream(r.id);
  perform private.end_subscriptions(private.room_stream(r.id));
end;
$$;
comment on function private.remove_room is 'Deletes a room that has not begun, and gives its budget back.';

create function private.action_open_room(p_user_id uuid, p_action_id uuid, p_payload jsonb, p_write jsonb default null)
returns jsonb
language plpgsql set search_path = '' as $$
declare
  r public.rooms;
begin
  if p_write -> 'room' = 'null' then
    perform private.remove_room(x)
    from public.rooms as x where x.id = p_action_id and x.user_id = p_user_id;
  elsif p_write is not null then
    r := private.open_new_room(
      p_user_id, p_action_id, (p_write -> 'room') || jsonb_build_object('session_id', (
        select a.session_id from public.ai_action_requests as a where a.id = p_action_id and a.user_id = p_user_id
      )), null, null
    );
    perform private.emit_room(r);
  end if;
  return jsonb_build_object(
    'room', (
      select jsonb_build_object('id', x.id, 'room_id', x.room_id, 'task_prompt', x.task_prompt, 'status', x.status, 'run', x.run)
      from public.rooms as x where x.id = p_action_id and x.user_id = p_user_id
      for update -- a room that is being started is not deleted
    )
  );
end;
$$;
comment on function private.action_open_room is
  'State: the room of this action, null before it. It has the action''s id; once it works, its state has changed and it stays.';

-- --------------------------------------------------------------------------------------------------------- plan
create function private.words_before(r public.rooms) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('role', m.role, 'content', left(m.content, 1000)) order by m.created_at, m.id), '[]')
  from (
    select x.* from public.ai_chat_messages as x
    where x.user_id = r.user_id and x.session_id = r.session_id and x.replaced_by is null and x.role in ('user', 'assistant')
      and x.created_at <= coalesce((
        select p.created_at from public.ai_action_requests as a join public.ai_chat_messages as p on p.id = a.message_id
        where a.id = r.id and a.user_id = r.user_id
      ), r.created_at)
    order by x.created_at desc, x.id desc limit 6
  ) as m;
$$;
comment on function private.words_before is
  'The beginnings of the six messages that led to a room: up to the proposal that opened it, else up to when it was opened; none without a conversation.';

create function private.room_work(p_room_id uuid) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'room', private.room_json(r) || jsonb_build_object('user_id', r.user_id, 'steer', r.steer, 'conversation', private.words_before(r)),
    'open', private.is_open(r), 'tasks', private.tasks_json(r.id, true, r.part), 'files', private.files_json(r.id),
    'inputs', private.inputs_json(r.id), 'budget', private.room_budget(r), 'athlete', private.athlete(r.user_id, 84, 100)
  )
  from public.rooms as r where r.id = p_room_id;
$$;
comment on function private.room_work is 'Everything that planning, review and finish work with.';

create function public.room_work(p_room_id uuid) returns jsonb
language plpgsql security definer set search_path = '' as $$
begin
  if not exists (select 1 from public.rooms as r where r.id = p_room_id) then
    raise sqlstate 'PT404' using message = 'room_not_found';
  end if;
  return private.room_work(p_room_id);
end;
$$;
comment on function public.room_work is
  'Everything that planning, review and finish work with: {room (with user_id, steer), open, tasks, files, inputs, '
  'budget, athlete (with twelve weeks of workouts)}. PT404 room_not_found.';

create function private.add_tasks(r public.rooms, p_tasks jsonb, p_round int) returns void
language sql set search_path = '' as $$
  insert into public.room_tasks (room_id, position, key, role, brief, deliverables, depends_on, round, part)
  select r.id, n.first + t.nr::int, t.value ->> 'key', t.value ->> 'role', t.value ->> 'brief',
    coalesce(nullif(t.value -> 'deliverables', 'null'), '[]'),
    array(select jsonb_array_elements_text(coalesce(nullif(t.value -> 'depends_on', 'null'), '[]'))), p_round, r.part
  from jsonb_array_elements(p_tasks) with ordinality as t (value, nr),
    (select coalesce(max(o.position) + 1, 0) - 1 from public.room_tasks as o where o.room_id = r.id) as n (first);
$$;
comment on function private.add_tasks is
  'Adds tasks behind those that a room has: [{key, role, brief, deliverables, depends_on}].';

create function public.store_plan(p_room_id uuid, p_plan jsonb, p_tasks jsonb) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_room(p_room_id);
  v_events jsonb := '[]';
begin
  if private.is_open(r) and r.plan is null then
    perform private.add_tasks(r, p_tasks, 0);
    update public.rooms as x
    set plan = p_plan - 'estimate', estimate = coalesce(p_plan -> 'estimate', x.estimate), hold = case when x.approve_plan then 'plan' else x.hold end, alive_until = now() + interval '1 hour', in_flight_tokens = null, in_flight_cost = null
    where x.id = r.id
    returning x.* into r;
    v_events := jsonb_build_array(private.emit_room(r));
  end if;
  return private.room_response(r.id, v_events, private.room_work(r.id));
end;
$$;
comment on function public.store_plan is
  'Stores what was planned, with what it will take (`estimate`), unless a plan is there: the stored one wins. Returns what room_work does, with events, '
  'listeners. PT404 room_not_found.';

create function public.add_repairs(p_room_id uuid, p_tasks jsonb) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_room(p_room_id);
  v_events jsonb := '[]';
begin
  if private.is_open(r) and not exists (select 1 from public.room_tasks as t where t.room_id = r.id and t.part = r.part and t.round = 1) then
    perform private.add_tasks(r, p_tasks, 1);
    update public.rooms as x set in_flight_tokens = null, in_flight_cost = null where x.id = r.id;
    v_events := jsonb_build_array(private.emit_room(r));
  end if;
  return private.room_response(r.id, v_events, private.room_work(r.id));
end;
$$;
comment on function public.add_repairs is
  'Adds the one round of repairs, unless it is there: the stored one wins. Returns what room_work does, with events, listeners.';

create function public.store_review(p_room_id uuid, p_review jsonb, p_run int) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_room(p_room_id);
  v_events jsonb := '[]';
begin
  if private.is_open(r) and r.run = p_run and r.review is distinct from p_review then
    update public.rooms as x set review = p_review where x.id = r.id returning x.* into r;
    v_events := jsonb_build_array(
      private.emit_event(private.room_stream(r.id), r.user_id, 'review.completed', jsonb_build_object('review', r.review))
    );
  end if;
  return private.room_response(r.id, v_events);
end;
$$;
comment on function public.store_review is
  'Keeps what the reviewer of a run said: {criteria: [{criterion, met, reason, file}], round}, and tells it: {room, events, '
  'listeners}. Safe to repeat; a room that has ended, or whose run is over, stays as it is. PT404 room_not_found.';

-- --------------------------------------------------------------------------------------------------------- tasks
create function private.lock_task(r public.rooms, p_task_id uuid) returns public.room_tasks
language plpgsql set search_path = '' as $$
declare
  t public.room_tasks;
begin
  select x.* into t from public.room_tasks as x where x.id = p_task_id and x.room_id = r.id for update;
  if not found then
    raise sqlstate 'PT404' using message = 'task_not_found';
  end if;
  return t;
end;
$$;
comment on function private.lock_task is 'A task of a locked room. PT404 task_not_found.';

create function private.end_task(r public.rooms, p_task_id uuid, p_status text, p_error_code text) returns jsonb
language plpgsql set search_path = '' as $$
declare
  t public.room_tasks;
  v_id uuid;
  v_events jsonb := '[]';
begin
  update public.room_tasks as x
  set status = p_status, error_code = p_error_code, ended_at = clock_timestamp(), lease_until = null, in_flight_tokens = null,
    in_flight_cost = null, throttled_until = null
  where x.id = p_task_id and x.status in ('pending', 'running', 'waiting')
  returning x.* into t;
  if not found then
    return '[]';
  end if;
  update public.ai_messages as m set transcript = '[]' where m.task_id = t.id and m.transcript <> '[]';
  delete from public.room_file_versions as v
  where v.task_id = t.id and v.status = 'draft'
    and exists (select from public.files as f where f.room_id = r.id and f.filename = v.filename);
  for v_id in
    update public.room_file_versions as v set is_partial = true where v.task_id = t.id and v.status = 'draft' returning v.id
  loop
    v_events := v_events || private.publish_file(r, v_id);
  end loop;
  update public.room_inputs as i set closed_at = clock_timestamp()
  where i.task_id = t.id and i.answered_at is null and i.closed_at is null;
  delete from private.room_task_tokens as k using public.room_inputs as i where i.id = k.input_id and i.task_id = t.id;
  return v_events || private.emit_task(r, t, 'task.failed');
end;
$$;
comment on function private.end_task is
  'Ends a task without result as failed, skipped or cancelled: its open question and its transcript go, and of its drafts those of which the room '
  'has an earlier version; the others are published as partial. Returns the events, none when it had ended before.';

create function private.task_work(r public.rooms, t public.room_tasks) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'task', private.task_json(t) || jsonb_build_object('tokens_used', t.tokens_used, 'cost_used', t.cost_used, 'transcript', (
      select coalesce(jsonb_agg(e.message order by m."timestamp", e.i), '[]')
      from public.ai_messages as m, jsonb_array_elements(m.transcript) with ordinality as e (message, i) where m.task_id = t.id
    )),
    'steer', r.steer,
    'files', private.files_json(r.id) || (
      select coalesce(jsonb_agg(private.file_json(v) order by v.created_at), '[]')
      from public.room_file_versions as v where v.task_id = t.id and v.status = 'draft'
    ),
    'answers', (
      select coalesce(jsonb_agg(jsonb_build_object('id', i.id, 'question', i.question, 'answer', i.answer) order by i.asked_at), '[]')
      from public.room_inputs as i where i.task_id = t.id and i.kind = 'question' and i.answered_at is not null
    )
  );
$$;
comment on function private.task_work is
  'What an agent works with: {task (with its transcript), steer, files, answers}.';

create function public.begin_task(p_room_id uuid, p_task_id uuid, p_lease_seconds double precision, p_run int default null)
returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_room(p_room_id);
  t public.room_tasks := private.lock_task(r, p_task_id);
  v_before record;
  v_events jsonb := '[]';
  v_outcome text;
begin
  select bool_or(d.status in ('failed', 'skipped', 'cancelled')) as lost, bool_or(d.status <> 'done') as open into v_before
  from public.room_tasks as d where d.room_id = r.id and d.part = t.part and d.key = any (t.depends_on);
  v_outcome := case
    when t.status = 'done' then 'done'
    when not private.is_open(r) or r.run <> coalesce(p_run, r.run) then 'cancelled'
    when t.status in ('failed', 'skipped', 'cancelled', 'waiting') then t.status
    when t.status = 'running' and t.lease_until > clock_timestamp() then 'busy'
    when v_before.lost then 'skipped'
    when v_before.open then 'busy'
    else 'run'
  end;
  if v_outcome not in ('busy', 'waiting') then -- it has been woken
    delete from private.room_task_tokens as k using public.room_inputs as i where i.id = k.input_id and i.task_id = t.id;
  end if;
  if v_outcome = 'skipped' then
    v_events := private.end_task(r, t.id, 'skipped', 'dependency_failed');
  elsif v_outcome = 'run' then
    update public.room_tasks as x
    set status = 'running', attempt = x.attempt + 1, started_at = coalesce(x.started_at, clock_timestamp()),
      lease = make_interval(secs => p_lease_seconds), lease_until = clock_timestamp() + make_interval(secs => p_lease_seconds),
      in_flight_tokens = null, in_flight_cost = null, -- of a worker that is dead
      throttled_until = null
    where x.id = t.id
    returning x.* into t;
    update public.rooms as x
    set alive_until = greatest(x.alive_until, now() + make_interval(secs => p_lease_seconds) + interval '1 hour')
    where x.id = r.id;
    v_events := private.set_room_status(r, 'processing') || private.emit_task(r, t, 'task.started');
    select x.* into r from public.rooms as x where x.id = r.id;
  end if;
  return private.room_response(
    r.id, v_events,
    private.task_work(r, t) || jsonb_build_object(
      'outcome', v_outcome, 'room', private.room_json(r) || jsonb_build_object('user_id', r.user_id, 'conversation', private.words_before(r)),
      'athlete', private.athlete(r.user_id, 84, 100), 'token_limit', r.token_limit,
      'wait_id', (select i.id from public.room_inputs as i where i.task_id = t.id and i.answered_at is null and i.closed_at is null)
    )
  );
end;
$$;
comment on function public.begin_task is
  'Gives a task to a worker until it has been silent for p_lease_seconds: {outcome, task, room, athlete, token_limit, files, '
  'steer, answers, wait_id, events, listeners}. Outcomes: run; done, failed, skipped (a task before it has no '
  'result), cancelled (or the room has ended, or p_run is over): nothing to do; waiting for its owner (wait_id); busy: '
  'another worker has it, or a task before it is not done. PT404 room_not_found, task_not_found.';

create function public.release_task(p_room_id uuid, p_task_id uuid, p_attempt int default null) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_room(p_room_id);
  v_holds constant boolean := private.holds_task(r, p_task_id, p_attempt);
begin
  update public.room_tasks as x
  set lease_until = clock_timestamp(), in_flight_tokens = null, in_flight_cost = null
  where x.id = p_task_id and v_holds;
  return jsonb_build_object('released', v_holds);
end;
$$;
comment on function public.release_task is
  'A worker that must stop lets the next one go on at once: {released}; false when the room has ended or the task is with'
  ' another worker. PT404 room_not_found.';

create function public.throttle_step(p_room_id uuid, p_task_id uuid, p_seconds int, p_attempt int) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_room(p_room_id);
  t public.room_tasks;
  v_until constant timestamptz := clock_timestamp() + make_interval(secs => p_seconds);
  v_events jsonb := '[]';
begin
  if not private.holds_task(r, p_task_id, p_attempt) then
    null; -- nobody waits any more
  elsif p_task_id is null then
    update public.rooms as x set throttled_until = v_until where x.id = r.id returning x.* into r;
    v_events := jsonb_build_array(private.emit_room(r));
  else
    update public.room_tasks as x set throttled_until = v_until where x.id = p_task_id returning x.* into t;
    v_events := jsonb_build_array(private.emit_task(r, t, 'task.throttled'));
  end if;
  return private.room_response(r.id, v_events);
end;
$$;
comment on function public.throttle_step is
  'Says that a task, or (null) planning or review, waits for so many seconds until a provider may have capacity again: {room, events, listeners}. '
  'Nothing where the room has ended or the task is with another worker. PT404 room_not_found.';

create function public.begin_step(
  p_room_id uuid, p_task_id uuid, p_tokens int, p_cost numeric, p_attempt int default null, p_step text default null
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_room(p_room_id);
  v_limit record;
  v_recorded text;
  v_waited constant boolean := p_task_id is null and r.throttled_until is not null;
  v_events jsonb;
begin
  if not private.holds_task(r, p_task_id, p_attempt) then
    return private.room_response(r.id, '[]', '{"proceed": false, "reason": "cancelled", "limit": null}');
  elsif p_task_id is not null and r.hold is not null then
    return private.room_response(r.id, '[]', '{"proceed": false, "reason": "held", "limit": null}');
  end if;
  select coalesce(m.response, '') into v_recorded from public.ai_messages as m
  where m.room_id = r.id and m.task_id is not distinct from p_task_id and m.attempt = coalesce(p_attempt, r.run) and m.step = p_step;
  if found then
    return private.room_response(r.id, '[]', jsonb_build_object('proceed', true, 'recorded', v_recorded));
  end if;
  select l.name, l.held into v_limit from private.limit_reached(r, p_task_id, p_tokens, p_cost) as l;
  update public.rooms as x
  set alive_until = greatest(x.alive_until, now() + interval '1 hour'),
    throttled_until = case when p_task_id is not null then x.throttled_until end,
    in_flight_tokens = case when p_task_id is null then case when v_limit.name is null then p_tokens end else x.in_flight_tokens end,
    in_flight_cost = case when p_task_id is null then case when v_limit.name is null then p_cost end else x.in_flight_cost end
  where x.id = r.id
  returning x.* into r;
  update public.room_tasks as x
  set lease_until = clock_timestamp() + x.lease, in_flight_tokens = case when v_limit.name is null then p_tokens end,
    in_flight_cost = case when v_limit.name is null then p_cost end
  where x.id = p_task_id;
  v_events := private.warn_of_budget(r.id) || case when v_waited then jsonb_build_array(private.emit_room(r)) else '[]' end;
  return private.room_response(r.id, v_events, jsonb_build_object(
    'proceed', v_limit.name is null, 'reason', case when v_limit.held then 'budget_held' when not v_limit.held then 'budget_reached' end,
    'limit', v_limit.name, 'steer', r.steer
  ));
end;
$$;
comment on function public.begin_step is
  'Asks for a model call that may use at most so much, by a task or (null) by planning or review: {proceed, reason, '
  'limit, steer, room, events, listeners}. Where proceed is true it is in flight until record_step; asked again, it takes'
  ' the place of the first. Where the step p_step was recorded before, nothing is in flight, and recorded is what the model said. '
  'Reasons: cancelled (the room has ended, or the task is with another worker), budget_reached '
  '(with which limit: tokens, cost, calls, seconds), budget_held (only calls that are under way stand in the way), held (by its owner). Renews the '
  'lease. PT404 room_not_found.';

create function public.renew_task(p_room_id uuid, p_task_id uuid, p_attempt int) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms;
begin
  select x.* into r from public.rooms as x where x.id = p_room_id;
  update public.room_tasks as t set lease_until = clock_timestamp() + t.lease
  where t.id = p_task_id and t.room_id = r.id and t.status = 'running' and t.attempt = p_attempt and private.is_open(r);
  return jsonb_build_object('held', found, 'listeners', private.listeners(r.user_id, private.room_stream(r.id)));
end;
$$;
comment on function public.renew_task is
  'A sign of life of a worker whose model is at work: {held, listeners}; held is false when the room has ended or '
  'the task is with another worker. The listeners are those of the room, now.';

create function public.record_step(
  p_room_id uuid, p_task_id uuid, p_step jsonb, p_messages jsonb default '[]', p_attempt int default null
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_room(p_room_id);
  v_holds constant boolean := private.holds_task(r, p_task_id, p_attempt);
  v_tokens constant bigint := coalesce((p_step ->> 'tokens')::bigint, (p_step ->> 'token_count')::bigint, 0);
  v_cost constant numeric := coalesce((p_step ->> 'cost')::numeric, 0);
  v_attempt constant int := coalesce(p_attempt, (select t.attempt from public.room_tasks as t where t.id = p_task_id), r.run);
  v_recorded boolean;
  v_events jsonb := '[]';
begin
  insert into public.ai_messages (
    room_id, task_id, attempt, step, agent_name, content, response, model_used, provider, tool_calls, token_count, "timestamp",
    transcript, milliseconds
  )
  select r.id, p_task_id, v_attempt, coalesce(p_step ->> 'step', (t.calls + 1)::text),
    p_step ->> 'agent_name', p_step ->> 'content', p_step ->> 'response', p_step ->> 'model_used', p_step ->> 'provider',
    nullif(p_step -> 'tool_calls', 'null'), (p_step ->> 'token_count')::int, clock_timestamp(), case when v_holds then p_messages else '[]' end,
    (p_step ->> 'milliseconds')::int
  from (select) as one left join public.room_tasks as t on t.id = p_task_id and t.room_id = r.id
  on conflict (room_id, task_id, attempt, step) where step is not null do nothing;
  v_recorded := found;
  if not v_recorded or private.call_of(p_task_id, v_attempt) = any (r.cut_calls) then
    null; -- it has been charged
  elsif not private.is_open(r) then
    perform private.charge_usage(r.user_id, jsonb_build_object(
      'tokens', v_tokens, 'cost', v_cost, 'model', left(p_step ->> 'model_used', 200), 'estimated', false,
      'cost_complete', coalesce((p_step ->> 'cost_complete')::boolean, true)
    ));
  else
    update public.rooms as x
    set tokens_used = x.tokens_used + v_tokens, cost_used = x.cost_used + v_cost, calls_used = x.calls_used + 1,
      cost_complete = x.cost_complete and coalesce((p_step ->> 'cost_complete')::boolean, true),
      alive_until = greatest(x.alive_until, now() + interval '1 hour'),
      in_flight_tokens = case when p_task_id is not null or not v_holds then x.in_flight_tokens end,
      in_flight_cost = case when p_task_id is not null or not v_holds then x.in_flight_cost end
    where x.id = r.id;
    update public.room_tasks as x
    set calls = x.calls + 1, tokens_used = x.tokens_used + v_tokens, cost_used = x.cost_used + v_cost,
      in_flight_tokens = case when not v_holds then x.in_flight_tokens end,
      in_flight_cost = case when not v_holds then x.in_flight_cost end,
      lease_until = case when v_holds then clock_timestamp() + x.lease else x.lease_until end
    where x.id = p_task_id and x.room_id = r.id;
    v_events := private.warn_of_budget(r.id);
  end if;
  return private.room_response(r.id, v_events, jsonb_build_object('recorded', v_recorded, 'proceed', v_holds, 'steer', r.steer));
end;
$$;
comment on function public.record_step is
  'Logs a model call {step, agent_name, content, response, model_used, provider, tool_calls, token_count, tokens, cost, '
  'cost_complete, milliseconds}, charges it to the room (to the week where the room has ended and did not charge it then), and appends p_messages to the transcript: {recorded, proceed, steer, room, events, '
  'listeners}. recorded is false, and nothing changes, when this step of this attempt (without a task: of this run) was recorded '
  'before; proceed is false when the room has ended or the task is with another worker, whose transcript stays as it is. PT404 '
  'room_not_found.';

create function public.draft_file(p_room_id uuid, p_task_id uuid, p_file jsonb, p_attempt int default null) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_room(p_room_id);
begin
  if not private.holds_task(r, p_task_id, p_attempt) then
    return '{"outcome": "cancelled"}';
  end if;
  delete from public.room_file_versions as x
  where x.task_id = p_task_id and x.status = 'draft' and x.filename = p_file ->> 'filename';
  insert into public.room_file_versions (user_id, room_id, task_id, filename, key, size, sha256, mime, description, quotes_dropped)
  values (
    r.user_id, r.id, p_task_id, p_file ->> 'filename', p_file ->> 'key', (p_file ->> 'size')::bigint, p_file ->> 'sha256',
    p_file ->> 'mime', p_file ->> 'description', coalesce((p_file ->> 'quotes_dropped')::int, 0)
  );
  perform private.check_room_usage(r);
  return '{"outcome": "stored"}';
end;
$$;
comment on function public.draft_file is
  'Stores what a task has written {filename, key, size, sha256, mime, description, quotes_dropped}, in the place of its earlier draft of '
  'that name; nobody else sees it before the task is done: {outcome: stored}, or {outcome: cancelled} when the room has '
  'ended or the task is with another worker. PT404 room_not_found, PT422 too_many_files, too_many_bytes.';

create function public.finish_task(p_room_id uuid, p_task_id uuid, p_summary text, p_attempt int default null) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_room(p_room_id);
  t public.room_tasks := private.lock_task(r, p_task_id);
  v_events jsonb := '[]';
  v_id uuid;
begin
  if private.holds_task(r, t.id, p_attempt) then
    update public.room_tasks as x
    set status = 'done', summary = left(p_summary, 20000), ended_at = clock_timestamp(), lease_until = null, error_code = null,
      in_flight_tokens = null, in_flight_cost = null
    where x.id = t.id
    returning x.* into t;
    update public.ai_messages as m set transcript = '[]' where m.task_id = t.id and m.transcript <> '[]';
    for v_id in
      select v.id from public.room_file_versions as v where v.task_id = t.id and v.status = 'draft' order by v.created_at, v.id
    loop
      v_events := v_events || private.publish_file(r, v_id);
    end loop;
    v_events := v_events || private.emit_task(r, t, 'task.completed') || private.pause_room(r.id);
  end if;
  return private.room_response(r.id, v_events, jsonb_build_object(
    'outcome', case when t.status in ('running', 'waiting', 'pending') then 'cancelled' else t.status end, 'task', private.task_json(t)
  ));
end;
$$;
comment on function public.finish_task is
  'A task is done: its drafts become versions of the room''s files, and its transcript goes. {outcome, task, room, events, listeners}; outcome is '
  'done, also when it was before, else failed, skipped or cancelled (or with another worker). PT404 room_not_found, '
  'task_not_found.';

create function public.fail_task(p_room_id uuid, p_task_id uuid, p_error_code text, p_attempt int default null) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_room(p_room_id);
  t public.room_tasks := private.lock_task(r, p_task_id);
  v_events jsonb := '[]';
begin
  if private.is_open(r) and t.attempt = coalesce(p_attempt, t.attempt) then
    v_events := private.end_task(r, t.id, 'failed', p_error_code);
    v_events := v_events || private.pause_room(r.id);
    select x.* into t from public.room_tasks as x where x.id = t.id;
  end if;
  return private.room_response(r.id, v_events, jsonb_build_object(
    'outcome', case when t.status in ('running', 'waiting', 'pending') then 'cancelled' else t.status end, 'task', private.task_json(t)
  ));
end;
$$;
comment on function public.fail_task is
  'A task has no result: its drafts are kept as partial, the room''s other tasks go on. {outcome, task, room, events, listeners}; a task that had '
  'ended before stays as it is. PT404 room_not_found, task_not_found.';

grant execute on function public.register_upload, public.pending_uploads, public.note_kept, public.create_room, public.start_room,
  public.room_work, public.store_plan, public.add_repairs, public.store_review, public.begin_task, public.release_task, public.throttle_step, public.renew_task, public.begin_step,
  public.record_step, public.draft_file, public.finish_task, public.fail_task, public.task_figures to service_role;
