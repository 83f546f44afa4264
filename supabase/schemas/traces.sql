-- =====================================================================================================================
-- Traces: how one turn or one room went, stage by stage, for whoever runs Hercules: ids, codes and numbers, no word
-- =====================================================================================================================

create function private.turn_stages(t public.ai_chat_turns) returns jsonb
language sql stable set search_path = '' as $$
  -- In their order: of one transaction some have the time of its start, some that of the clock.
  select jsonb_agg(jsonb_build_object('stage', s.stage, 'at', private.utc(s.at)) order by s.place)
  from (
    values (1, 'started', t.started_at),
      (2, 'reserved', (select l.created_at from public.ai_usage_ledger as l where l.turn_id = t.id)),
      (3, 'asked', (select min(m.created_at) from public.ai_chat_messages as m where m.turn_id = t.id and m.role = 'user')),
      (4, 'cancel_requested', t.cancel_requested_at),
      (5, 'answered', (select m.created_at from public.ai_chat_messages as m where m.turn_id = t.id and m.role = 'assistant')),
      (6, 'settled', (select l.ended_at from public.ai_usage_ledger as l where l.turn_id = t.id)),
      (7, t.status, t.ended_at)
  ) as s (place, stage, at)
  where s.at is not null;
$$;
comment on function private.turn_stages is 'How far a turn has come, and when: [{stage, at}].';

create function public.operations_turn(p_turn_id uuid) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  t public.ai_chat_turns;
  l public.ai_usage_ledger;
  v_receipt jsonb;
begin
  select x.* into t from public.ai_chat_turns as x where x.id = p_turn_id;
  if not found then
    raise sqlstate 'PT404' using message = 'turn_not_found';
  end if;
  select x.* into l from public.ai_usage_ledger as x where x.turn_id = t.id;
  select x.metadata -> 'receipt' into v_receipt from public.ai_chat_messages as x where x.turn_id = t.id and x.role = 'assistant';
  return jsonb_build_object(
    'turn', private.turn_row(t),
    'receipt', v_receipt,
    'reservation', case when l.id is not null then jsonb_build_object(
      'status', l.status, 'tokens_reserved', l.tokens_reserved, 'tokens_used', l.tokens_used, 'cost_reserved', l.cost_reserved,
      'cost_used', l.cost_used, 'estimated', l.estimated, 'cost_complete', l.cost_complete, 'charged', l.charged
    ) end,
    'stages', private.turn_stages(t),
    'actions', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'id', x.id, 'action_type', x.action_type, 'status', x.status, 'decision', x.decision, 'created_at', private.utc(x.created_at),
        'decided_at', private.utc(x.decided_at), 'executed_at', private.utc(x.executed_at), 'undone_at', private.utc(x.undone_at)
      ) order by x.created_at, x.id), '[]')
      from (select a.* from public.ai_action_requests as a where a.turn_id = t.id order by a.created_at, a.id limit 50) as x
    )
  );
end;
$$;
comment on function public.operations_turn is
  'How a turn went: {turn, receipt, reservation, stages, actions}; stages are [{stage, at}]. PT404 turn_not_found.';

create function private.room_tasks_traced(p_room_id uuid) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', t.id, 'key', t.key, 'role', t.role, 'part', t.part, 'round', t.round, 'depends_on', t.depends_on, 'status', t.status,
    'error_code', t.error_code, 'attempts', t.attempt, 'calls', t.calls, 'tokens', t.tokens_used, 'cost', t.cost_used,
    'started_at', private.utc(t.started_at), 'ended_at', private.utc(t.ended_at)
  ) order by t.part, t.position), '[]')
  from (select x.* from public.room_tasks as x where x.room_id = p_room_id order by x.part, x.position limit 200) as t;
$$;
comment on function private.room_tasks_traced is 'The tasks of a room without their briefs.';

create function private.room_calls_traced(p_room_id uuid) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'task_id', m.task_id, 'agent', m.agent_name, 'attempt', m.attempt, 'step', m.step, 'model', m.model_used, 'provider', m.provider,
    'tokens', m.token_count, 'tool_calls', case when jsonb_typeof(m.tool_calls) = 'array' then jsonb_array_length(m.tool_calls) else 0 end,
    'at', private.utc(m."timestamp")
  ) order by m."timestamp", m.id), '[]')
  from (
    select x.* from public.ai_messages as x where x.room_id = p_room_id and x.step is not null order by x."timestamp", x.id limit 1000
  ) as m;
$$;
comment on function private.room_calls_traced is 'The calls of models in a room, without what was said: the first 1,000.';

create function public.operations_room(p_room_id uuid) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  r public.rooms;
begin
  select x.* into r from public.rooms as x where x.id = p_room_id;
  if not found then
    raise sqlstate 'PT404' using message = 'room_not_found';
  end if;
  return jsonb_build_object(
    'room', private.room_row(r),
    'budget', private.room_budget(r),
    'reservations', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'status', l.status, 'tokens_reserved', l.tokens_reserved, 'tokens_used', l.tokens_used, 'cost_reserved', l.cost_reserved,
        'cost_used', l.cost_used, 'estimated', l.estimated, 'cost_complete', l.cost_complete, 'charged', l.charged
      ) order by l.created_at, l.id), '[]')
      from (
        select x.* from public.ai_usage_ledger as x where x.room_id = r.id order by x.created_at, x.id limit 100
      ) as l
    ),
    'tasks', private.room_tasks_traced(r.id),
    'calls', private.room_calls_traced(r.id),
    'inputs', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'task_id', i.task_id, 'kind', i.kind, 'asked_at', private.utc(i.asked_at), 'answered_at', private.utc(i.answered_at),
        'closed_at', private.utc(i.closed_at)
      ) order by i.asked_at, i.id), '[]')
      from (select x.* from public.room_inputs as x where x.room_id = r.id order by x.asked_at, x.id limit 200) as i
    ),
    'files', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'task_id', v.task_id, 'version', v.version, 'size', v.size, 'mime', v.mime, 'status', v.status, 'created_at',
        private.utc(v.created_at)
      ) order by v.created_at, v.id), '[]')
      from (select x.* from public.room_file_versions as x where x.room_id = r.id order by x.created_at, x.id limit 200) as v
    ),
    'events', (
      select coalesce(jsonb_agg(jsonb_build_object('seq', e.seq, 'type', e.type, 'at', private.utc(e.created_at)) order by e.seq), '[]')
      from (
        select x.* from public.ai_events as x
        where x.user_id = r.user_id and x.stream = private.room_stream(r.id) order by x.seq limit 1000
      ) as e
    )
  );
end;
$$;
comment on function public.operations_room is
  'How a room went: {room, budget, reservations, tasks, calls, inputs, files, events}, each by time; events are kept for seven days. '
  'PT404 room_not_found.';

grant execute on function public.operations_turn, public.operations_room to service_role;
