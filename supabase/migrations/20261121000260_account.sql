-- The snapshot of a session shows its pending actions; the tables of training are a user's too.

create or replace function public.session_snapshot(p_user_id uuid, p_session_id uuid, p_messages int default 50) returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select jsonb_build_object(
    'session', private.session_json(s),
    'messages', (
      select coalesce(jsonb_agg(private.message_json(x::public.ai_chat_messages) order by x.created_at desc, x.id desc), '[]')
      from (
        select m.* from public.ai_chat_messages as m
        where m.session_id = s.id order by m.created_at desc, m.id desc limit p_messages
      ) as x
    ),
    'running_turn', (
      select private.turn_json(t) from public.ai_chat_turns as t where t.session_id = s.id and t.status = 'running'
    ),
    'pending_actions', (
      select coalesce(jsonb_agg(private.action_json(a) order by a.created_at, a.id), '[]')
      from public.ai_action_requests as a where a.session_id = s.id and a.status = 'pending'
    ),
    'usage', (select to_jsonb(u) from private.usage_snapshot(p_user_id) as u),
    'as_of', coalesce(
      (select e.last_seq from public.ai_streams as e where e.stream = private.session_stream(s.id)), 0
    )
  )
  from public.ai_chat_sessions as s
  where s.id = p_session_id and s.user_id = p_user_id;
$$;
comment on function public.session_snapshot is
  'A session with its newest messages, running turn, pending actions, usage and as_of, the seq of its stream, all of one instant; null for one '
  'that is not the user''s.';

create or replace function private.account_tables()
returns table (name text, belongs text, ordering text)
language sql
immutable
set search_path = ''
as $$
  -- Children first, so that each table's count is its own and not what a cascade took along.
  values
    ('ai_feedback', 'user_id = $1', 'created_at'),
    ('ai_action_requests', 'user_id = $1', 'created_at'),
    ('workout_logs', 'user_id = $1', 'performed_on'),
    ('workout_plans', 'user_id = $1', 'created_at'),
    ('ai_idempotency_keys', 'user_id = $1', 'created_at'),
    ('ai_chat_messages', 'user_id = $1', 'created_at'),
    ('ai_usage_ledger', 'user_id = $1', 'created_at'),
    ('ai_usage', 'user_id = $1', 'period_start'),
    ('ai_chat_turns', 'user_id = $1', 'started_at'),
    ('ai_chat_sessions', 'user_id = $1', 'created_at'),
    ('ai_profile', 'user_id = $1', 'created_at'),
    ('ai_user_plans', 'user_id = $1', 'plan_id'),
    ('websocket_subscriptions', 'user_id = $1', 'stream'),
    ('websocket_connections', 'user_id = $1', 'connected_at'),
    ('realtime_tickets', 'user_id = $1', 'expires_at'),
    ('ai_messages', 'room_id in (select r.id from public.rooms as r where r.user_id = $1)', '"timestamp"'),
    ('files', 'room_id in (select r.id from public.rooms as r where r.user_id = $1)', 'created_at'),
    ('rooms', 'user_id = $1', 'created_at'),
    ('ai_events', 'user_id = $1', 'created_at'),
    ('ai_streams', 'user_id = $1', 'stream')
$$;
comment on function private.account_tables is
  'Every table that holds something of a user: which of its rows are the user''s, and their order in an export. A test compares '
  'it with the catalogue.';
