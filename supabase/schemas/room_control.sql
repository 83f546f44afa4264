-- =====================================================================================================================
-- A room in its owner's hands: held and let go on, its plan changed before it runs, gone on with, deleted
-- =====================================================================================================================

create function public.hold_room(p_user_id uuid, p_room text, p_on boolean) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_own_room(p_user_id, p_room);
  v_id uuid;
  v_events jsonb := '[]';
begin
  if p_on and not private.is_open(r) then
    raise sqlstate 'PT409' using message = 'room_ended';
  elsif p_on and r.hold is null then
    update public.rooms as x set hold = 'pause' where x.id = r.id returning x.* into r;
    v_events := jsonb_build_array(private.emit_room(r));
  elsif not p_on and r.hold is not null then
    update public.rooms as x set hold = null, alive_until = greatest(x.alive_until, now() + interval '1 hour')
    where x.id = r.id returning x.* into r;
    for v_id in
      select i.id from public.room_inputs as i
      where i.room_id = r.id and i.kind = 'hold' and i.answered_at is null and i.closed_at is null
    loop
      perform private.close_input(v_id, null);
    end loop;
    v_events := case when r.status = 'active' then private.set_room_status(r, 'processing') else jsonb_build_array(private.emit_room(r)) end
      || private.pause_room(r.id);
  end if;
  return private.answer_response(r, v_events, v_events = '[]');
end;
$$;
comment on function public.hold_room is
  'Lets no agent of a room ask its model from now on, or lets them go on, also behind a plan that its owner wanted to see: what '
  'answer_input returns, with the tokens of those to wake. A call under way is finished. Safe to repeat. PT404 room_not_found, '
  'PT409 room_ended.';

create function public.change_plan(p_user_id uuid, p_room text, p_changes jsonb) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_own_room(p_user_id, p_room);
  t public.room_tasks;
  c jsonb;
begin
  if not private.is_open(r) or r.plan is null or r.hold is distinct from 'plan' then
    raise sqlstate 'PT409' using message = 'plan_not_open';
  end if;
  for c in select x.value from jsonb_array_elements(coalesce(nullif(p_changes -> 'tasks', 'null'), '[]')) as x loop
    select x.* into t from public.room_tasks as x
    where x.room_id = r.id and x.part = r.part and x.key = c ->> 'key' and x.status in ('pending', 'waiting');
    if not found then
      raise sqlstate 'PT404' using message = 'task_not_found';
    end if;
    if coalesce((c ->> 'removed')::boolean, false) then
      perform private.remove_task(r, t);
    else
      update public.room_tasks as x set brief = coalesce(c ->> 'brief', x.brief) where x.id = t.id;
    end if;
  end loop;
  update public.rooms as x
  set plan = x.plan || case when jsonb_typeof(p_changes -> 'criteria') = 'array' then jsonb_build_object('criteria', p_changes -> 'criteria') else '{}' end,
    estimate = coalesce(p_changes -> 'estimate', x.estimate)
  where x.id = r.id
  returning x.* into r;
  return private.room_response(r.id, jsonb_build_array(private.emit_room(r)));
end;
$$;
comment on function public.change_plan is
  'Changes a plan that its owner has not let run yet: {criteria?, tasks?: [{key, brief? or removed}], estimate?}: {room, events, listeners}. '
  'PT404 room_not_found, task_not_found, PT409 plan_not_open, PT422 task_needed: another task depends on it, or none would be left.';

create function private.remove_task(r public.rooms, t public.room_tasks) returns void
language plpgsql set search_path = '' as $$
begin
  if not exists (
    select from public.room_tasks as o where o.room_id = r.id and o.part = r.part and o.id <> t.id and o.status in ('pending', 'waiting')
  ) or exists (
    select from public.room_tasks as o
    where o.room_id = r.id and o.part = r.part and o.status in ('pending', 'waiting') and t.key = any (o.depends_on)
  ) then
    raise sqlstate 'PT422' using message = 'task_needed';
  end if;
  -- Whoever waits for it in the workflow is woken with the others, and finds nothing to do.
  perform private.close_input(i.id, null) from public.room_inputs as i
  where i.task_id = t.id and i.answered_at is null and i.closed_at is null;
  update public.room_tasks as x set status = 'cancelled', error_code = 'removed', ended_at = clock_timestamp() where x.id = t.id;
end;
$$;
comment on function private.remove_task is 'Takes a task out of a plan. PT422 task_needed.';

create function public.continue_room(
  p_user_id uuid, p_room text, p_follow_up text, p_limits jsonb default '{}', p_files jsonb default '[]',
  p_idempotency_key text default null, p_request_hash text default null
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_own_room(p_user_id, p_room);
  b constant jsonb := private.default_budget() || jsonb_strip_nulls(coalesce(nullif(p_limits, 'null'), '{}'));
  v_events jsonb;
begin
  if private.claim_idempotency_key(p_user_id, 'continue_room ' || r.id, p_idempotency_key, p_request_hash) is not null then
    return private.room_response(r.id, '[]', '{"replayed": true}');
  end if;
  update public.ai_idempotency_keys as k set response = '{}'
  where k.user_id = p_user_id and k.operation = 'continue_room ' || r.id and k.key = p_idempotency_key;
  if private.is_open(r) then
    raise sqlstate 'PT409' using message = 'room_open';
  end if;
  perform private.count_room(p_user_id);
  update public.rooms as x
  set run = x.run + 1, part = x.part + 1, follow_up = p_follow_up, plan = null, estimate = null, review = null, issues = '[]', hold = null, warned = false,
    execution_arn = null, llm_used = null, agents_used = null, alive_until = now() + interval '1 hour',
    token_limit = x.tokens_used + (b ->> 'tokens')::int, cost_limit = x.cost_used + (b ->> 'cost')::numeric,
    call_limit = x.calls_used + (b ->> 'calls')::int, second_limit = ceil(x.worked_seconds)::int + (b ->> 'seconds')::int,
    file_limit = u.files + (b ->> 'files')::int, byte_limit = u.bytes + (b ->> 'bytes')::bigint
  from private.room_usage(r.id) as u
  where x.id = r.id
  returning x.* into r;
  perform private.reserve_for_room(r, (b ->> 'tokens')::bigint, (b ->> 'cost')::numeric);
  v_events := private.set_room_status(r, 'pending') || private.attach_uploads(r, nullif(p_files, 'null'));
  return private.room_response(r.id, v_events, '{"replayed": false}');
end;
$$;
comment on function public.continue_room is
  'Has a room that has ended worked on, with its files, by what its owner asks for now and a budget of its own: {replayed, room '
  '(pending, a new run and part), events, listeners}. PT404 room_not_found, file_not_found, PT409 room_open, '
  'request_in_progress, PT422 idempotency_key_reused, PT429 quota_exceeded, too_many_rooms, too_many_open_rooms, rooms_busy.';

create function public.room_to_delete(p_user_id uuid, p_room text) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_own_room(p_user_id, p_room);
begin
  if private.is_open(r) then
    raise sqlstate 'PT409' using message = 'room_open';
  end if;
  return jsonb_build_object('id', r.id, 'prefixes', jsonb_build_array(r.folder_path) || (
    select coalesce(jsonb_agg(distinct v.key), '[]') from public.room_file_versions as v where v.room_id = r.id and v.task_id is null
  ));
end;
$$;
comment on function public.room_to_delete is
  'The id of a room that has ended, and what the keys of its objects begin with: {id, prefixes}. PT404 room_not_found, PT409 room_open.';

create function public.delete_room(p_user_id uuid, p_room_id uuid, p_prefixes text[]) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_session_id constant uuid := (select r.session_id from public.rooms as r where r.id = p_room_id and r.user_id = p_user_id);
  v_receipt constant jsonb := public.erase_rooms(p_user_id, array[p_room_id]);
begin
  if (v_receipt ->> 'rooms')::int > 0 then
    delete from public.ai_chat_messages as m
    where m.user_id = p_user_id and m.session_id = v_session_id and m.role = 'system' and m.metadata #>> '{room,id}' = p_room_id::text;
  end if;
  perform private.note_leftovers(p_prefixes);
  delete from public.ai_streams as s where s.stream = private.room_stream(p_room_id) and s.user_id = p_user_id;
  perform private.end_subscriptions(private.room_stream(p_room_id));
  return v_receipt;
end;
$$;
comment on function public.delete_room is
  'Deletes a room that has ended, whose objects are gone already, its stream, and its results in a conversation: how many rows of each table. Safe to repeat.';

grant execute on function public.hold_room, public.change_plan, public.continue_room, public.room_to_delete, public.delete_room
  to service_role;
