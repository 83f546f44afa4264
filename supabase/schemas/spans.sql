-- =====================================================================================================================
-- Spans: what has ended, for a collector of OpenTelemetry: ids, codes, numbers and times, no word and no user
-- =====================================================================================================================

-- In the order in which things end, more or less, so that a few pages say what is new.
create index ai_chat_turns_ended_at_idx on public.ai_chat_turns using brin (ended_at) with (pages_per_range = 32);
create index rooms_ended_at_idx on public.rooms using brin (ended_at) with (pages_per_range = 32);
create index room_tasks_ended_at_idx on public.room_tasks using brin (ended_at) with (pages_per_range = 32);
create index ai_kb_sources_settled_at_idx on public.ai_kb_sources (settled_at);

create table private.span_cursors (
  kind text primary key check (kind in ('turns', 'rooms', 'tasks', 'documents')),
  ended_at timestamptz not null,
  id uuid not null
);
comment on table private.span_cursors is 'The last of each kind that a collector has been told of.';

create function private.span_cursor(p_kind text, p_at timestamptz) returns private.span_cursors
language plpgsql stable set search_path = '' as $$
declare
  c private.span_cursors;
begin
  select x.* into c from private.span_cursors as x where x.kind = p_kind and x.ended_at > p_at - interval '1 day';
  if not found then
    c := (p_kind, p_at - interval '1 day', '00000000-0000-0000-0000-000000000000');
  end if;
  return c;
end;
$$;
comment on function private.span_cursor is
  'From where a collector is to be told: of what ended more than a day ago, it never is.';

create function private.ended_turns(c private.span_cursors, p_until timestamptz, p_limit int) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', t.id, 'status', t.status, 'error_code', t.error_code, 'started_at', private.utc(t.started_at), 'ended_at', private.utc(t.ended_at),
    'stages', private.turn_stages(t), 'receipt', m.metadata -> 'receipt'
  ) order by t.ended_at, t.id), '[]')
  from (
    select x.* from public.ai_chat_turns as x
    where x.ended_at >= c.ended_at and x.ended_at < p_until and (x.ended_at, x.id) > (c.ended_at, c.id)
    order by x.ended_at, x.id limit p_limit
  ) as t
  left join public.ai_chat_messages as m on m.turn_id = t.id and m.role = 'assistant';
$$;
comment on function private.ended_turns is 'Turns behind a cursor, with the receipts of their answers, the oldest first.';

create function private.calls_timed(p_room_id uuid, p_task_id uuid, p_attempt int, p_from timestamptz) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', m.id, 'model', m.model_used, 'provider', m.provider, 'tokens', m.token_count, 'milliseconds', m.milliseconds,
    'ended_at', private.utc(m."timestamp")
  ) order by m."timestamp", m.id), '[]')
  from (
    select x.* from public.ai_messages as x
    where x.room_id = p_room_id and x.task_id is not distinct from p_task_id and x.step is not null
      and x.attempt = coalesce(p_attempt, x.attempt) and x."timestamp" >= p_from
    order by x."timestamp", x.id limit 200
  ) as m;
$$;
comment on function private.calls_timed is
  'The calls of models for a task, or (null) for planning and review, of one attempt or all, since a time: the first 200.';

create function private.ended_rooms(c private.span_cursors, p_until timestamptz, p_limit int) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', r.id, 'run', r.run, 'status', r.status, 'status_reason', r.status_reason, 'tokens', r.tokens_used, 'cost', r.cost_used,
    'started_at', private.utc(r.opened_at), 'ended_at', private.utc(r.ended_at), 'calls', private.calls_timed(r.id, null, r.run, r.opened_at)
  ) order by r.ended_at, r.id), '[]')
  from (
    select x.* from public.rooms as x
    where x.ended_at >= c.ended_at and x.ended_at < p_until and (x.ended_at, x.id) > (c.ended_at, c.id)
    order by x.ended_at, x.id limit p_limit
  ) as r;
$$;
comment on function private.ended_rooms is 'Runs of rooms behind a cursor, each with its calls of planning and review, the oldest first.';

create function private.ended_tasks(c private.span_cursors, p_until timestamptz, p_limit int) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', t.id, 'room_id', t.room_id, 'run', case when t.ended_at < r.opened_at then r.run - 1 else r.run end, 'role', t.role,
    'round', t.round, 'status', t.status, 'error_code', t.error_code, 'attempts', t.attempt, 'tokens', t.tokens_used, 'cost', t.cost_used,
    'started_at', private.utc(t.started_at), 'ended_at', private.utc(t.ended_at),
    'calls', private.calls_timed(t.room_id, t.id, null, t.started_at),
    'waits', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'id', i.id, 'kind', i.kind, 'answered', i.answered_at is not null, 'started_at', private.utc(i.asked_at),
        'ended_at', private.utc(coalesce(i.answered_at, i.closed_at, t.ended_at))
      ) order by i.asked_at, i.id), '[]')
      from public.room_inputs as i where i.task_id = t.id and i.asked_at >= t.started_at
    )
  ) order by t.ended_at, t.id), '[]')
  from (
    select x.* from public.room_tasks as x
    where x.ended_at >= c.ended_at and x.ended_at < p_until and (x.ended_at, x.id) > (c.ended_at, c.id)
    order by x.ended_at, x.id limit p_limit
  ) as t
  join public.rooms as r on r.id = t.room_id;
$$;
comment on function private.ended_tasks is
  'Tasks of rooms behind a cursor, with their calls and what they waited for, the oldest first. One that was never begun has no started_at.';

create function private.settled_documents(c private.span_cursors, p_until timestamptz, p_limit int) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', s.id, 'status', s.status, 'error_code', s.error_code, 'format', s.format, 'bytes', s.byte_size, 'chunks', s.chunk_count,
    'version', s.version, 'started_at', private.utc(s.claimed_at), 'ended_at', private.utc(s.settled_at)
  ) order by s.settled_at, s.id), '[]')
  from (
    select x.* from public.ai_kb_sources as x
    where x.settled_at >= c.ended_at and x.settled_at < p_until and (x.settled_at, x.id) > (c.ended_at, c.id)
    order by x.settled_at, x.id limit p_limit
  ) as s;
$$;
comment on function private.settled_documents is
  'The newest attempt at each document of the knowledge base that ended behind a cursor, the oldest first; no name.';

create function public.ended_work(p_at timestamptz default now(), p_limit int default 100) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  -- What ended before that is there: no statement of ours runs longer, and so none is to come with an earlier time.
  v_until constant timestamptz := p_at - interval '75 seconds';
begin
  return jsonb_build_object(
    'turns', private.ended_turns(private.span_cursor('turns', p_at), v_until, p_limit),
    'rooms', private.ended_rooms(private.span_cursor('rooms', p_at), v_until, p_limit),
    'tasks', private.ended_tasks(private.span_cursor('tasks', p_at), v_until, p_limit),
    'documents', private.settled_documents(private.span_cursor('documents', p_at), v_until, p_limit)
  );
end;
$$;
comment on function public.ended_work is
  'What has ended since a collector was last told, at most p_limit of each kind: {turns, rooms, tasks, documents}.';

create function public.note_told(p_through jsonb) returns void
language sql security definer set search_path = '' as $$
  insert into private.span_cursors as c (kind, ended_at, id)
  select t.key, (t.value ->> 'ended_at')::timestamptz, (t.value ->> 'id')::uuid from jsonb_each(p_through) as t
  on conflict (kind) do update set ended_at = excluded.ended_at, id = excluded.id
  where (excluded.ended_at, excluded.id) > (c.ended_at, c.id);
$$;
comment on function public.note_told is
  'Notes the last of each kind that a collector was told of: {kind: {ended_at, id}}. Safe to repeat, and never goes back.';

grant execute on function public.ended_work, public.note_told to service_role;
