-- =====================================================================================================================
-- Rooms that are opened by the clock: "each Sunday my week"
-- =====================================================================================================================
create table public.room_schedules (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  room jsonb not null check (jsonb_typeof(room) = 'object' and char_length(room::text) <= 50000),
  weekdays smallint[] not null check (cardinality(weekdays) between 1 and 7 and weekdays <@ '{1,2,3,4,5,6,7}'::smallint[]),
  at time not null,
  time_zone text not null check (char_length(time_zone) <= 64),
  paused boolean not null default false,
  next_at timestamptz not null,
  last_at timestamptz,
  last_room_id uuid,
  last_error text check (char_length(last_error) <= 100),
  created_at timestamptz not null default now()
);
comment on table public.room_schedules is 'A room that is opened anew on days of the week, by the sweep.';
comment on column public.room_schedules.room is 'What create_room takes: {task_prompt, agents, provider, limits, session_id, estimate}.';
comment on column public.room_schedules.weekdays is '1: Monday, as ISO counts them.';
comment on column public.room_schedules.at is 'What clocks show in `time_zone`.';
comment on column public.room_schedules.next_at is 'When it is due: what was missed is made up for once.';
comment on column public.room_schedules.last_error is 'Why no room was opened when it was due last.';
create index room_schedules_user_id_idx on public.room_schedules (user_id, created_at desc, id);
create index room_schedules_next_at_idx on public.room_schedules (next_at) where not paused;
create index room_schedules_last_at_idx on public.room_schedules (last_at);

alter table public.room_schedules enable row level security;
create policy "Owners read their schedules" on public.room_schedules for select to authenticated using (user_id = (select auth.uid()));
grant select on public.room_schedules to authenticated, service_role;

create function private.next_due(p_weekdays smallint[], p_at time, p_time_zone text, p_after timestamptz) returns timestamptz
language sql stable set search_path = '' as $$
  select min(x.due)
  from (select (p_after at time zone p_time_zone)::date as today) as h,
    generate_series(0, 7) as d,
    lateral (select ((h.today + d) + p_at) at time zone p_time_zone as due, extract(isodow from h.today + d)::smallint as weekday) as x
  where x.weekday = any (p_weekdays) and x.due > p_after;
$$;
comment on function private.next_due is
  'The first instant after another one at which clocks in a time zone show a time on one of these days. A time that a change of '
  'the clocks leaves out is an hour later then.';

create function private.schedule_json(s public.room_schedules) returns jsonb
language sql immutable set search_path = '' as $$
  select to_jsonb(s) - array['user_id', 'at'] || jsonb_build_object('at', to_char(s.at, 'HH24:MI'));
$$;
comment on function private.schedule_json is 'A schedule as the API reads it.';

create function public.save_room_schedule(p_user_id uuid, p_schedule jsonb, p_id uuid default null) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  s public.room_schedules;
  v_same public.room_schedules;
  v_session_id constant uuid := p_schedule -> 'room' ->> 'session_id';
begin
  perform private.lock_user(p_user_id);
  if p_id is not null then
    select x.* into s from public.room_schedules as x where x.id = p_id and x.user_id = p_user_id;
    if not found then
      raise sqlstate 'PT404' using message = 'schedule_not_found';
    end if;
  end if;
  if v_session_id is not null
    and not exists (select 1 from public.ai_chat_sessions as c where c.id = v_session_id and c.user_id = p_user_id) then
    raise sqlstate 'PT404' using message = 'session_not_found';
  end if;
  s.id := coalesce(s.id, gen_random_uuid());
  s.user_id := p_user_id;
  s.created_at := coalesce(s.created_at, now());
  s.room := coalesce(s.room, '{}') || coalesce(nullif(p_schedule -> 'room', 'null'), '{}');
  s.weekdays := coalesce((select array_agg(distinct d::smallint order by d::smallint) from jsonb_array_elements_text(nullif(p_schedule -> 'weekdays', 'null')) as d), s.weekdays);
  s.at := coalesce((p_schedule ->> 'at')::time, s.at);
  s.paused := coalesce((p_schedule ->> 'paused')::boolean, s.paused, false);
  s.time_zone := coalesce(p_schedule ->> 'time_zone', s.time_zone, (select p.time_zone from public.ai_profile as p where p.user_id = p_user_id));
  if s.time_zone is null then
    raise sqlstate 'PT422' using message = 'time_zone_needed';
  elsif private.local_time(s.time_zone) is null then
    raise sqlstate 'PT422' using message = 'unknown_time_zone';
  end if;
  if p_id is null then
    select x.* into v_same from public.room_schedules as x
    where x.user_id = p_user_id and (x.room - 'estimate', x.weekdays, x.at, x.time_zone) = (s.room - 'estimate', s.weekdays, s.at, s.time_zone);
    if found then
      return private.schedule_json(v_same);
    elsif (select count(*) from public.room_schedules as x where x.user_id = p_user_id) >= 5 then
      raise sqlstate 'PT429' using message = 'too_many_schedules', detail = '{"limit": 5}';
    end if;
  end if;
  s.next_at := private.next_due(s.weekdays, s.at, s.time_zone, now());
  insert into public.room_schedules select s.*
  on conflict (id) do update set room = excluded.room, weekdays = excluded.weekdays, at = excluded.at, paused = excluded.paused,
    time_zone = excluded.time_zone, next_at = excluded.next_at
  returning * into s;
  return private.schedule_json(s);
end;
$$;
comment on function public.save_room_schedule is
  'A new schedule of a user, or a change of one, from {room, weekdays, at, time_zone?: else that of the profile, paused}; what is left '
  'out of a change stays, and one that there is already is not made again. PT404 schedule_not_found, session_not_found, PT422 time_zone_needed, unknown_time_zone, PT429 '
  'too_many_schedules: there are 5.';

create function public.delete_room_schedule(p_user_id uuid, p_id uuid) returns jsonb
language plpgsql security definer set search_path = '' as $$
begin
  delete from public.room_schedules as s where s.id = p_id and s.user_id = p_user_id;
  if not found then
    raise sqlstate 'PT404' using message = 'schedule_not_found';
  end if;
  return '{}';
end;
$$;
comment on function public.delete_room_schedule is 'Ends a schedule; the rooms that it opened stay. PT404 schedule_not_found.';

create function public.open_scheduled_rooms(p_at timestamptz default now(), p_limit int default 20) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_id uuid;
  v_user_id uuid;
  s public.room_schedules;
  r public.rooms;
  v_done int := 0;
begin
  for v_id, v_user_id in
    select d.id, d.user_id
    from (
      select x.id, x.user_id from public.room_schedules as x join auth.users as u on u.id = x.user_id
      where x.next_at <= p_at and not x.paused
        -- Who may not sign in, or wants the account deleted, has nothing done and nothing spent.
        and coalesce(u.banned_until <= p_at, true) and not exists (select from private.erasures as e where e.user_id = x.user_id)
      order by x.next_at limit p_limit
    ) as d
    order by d.user_id, d.id
  loop
    perform private.lock_user(v_user_id);
    -- Another sweep may have come first.
    select x.* into s from public.room_schedules as x where x.id = v_id and x.next_at <= p_at and not x.paused for update;
    continue when not found;
    r := null;
    s.last_error := null;
    begin
      r := private.open_new_room(s.user_id, null, s.room, null, null);
      perform private.emit_room(r), private.emit_room(r, 'user:' || r.user_id);
    exception when sqlstate 'PT404' or sqlstate 'PT422' or sqlstate 'PT429' then
      s.last_error := left(sqlerrm, 100);
    end;
    exit when s.last_error = 'rooms_busy'; -- this one and the next are due still
    update public.room_schedules as x
    set next_at = private.next_due(x.weekdays, x.at, x.time_zone, p_at), last_at = p_at, last_error = s.last_error,
      last_room_id = coalesce(r.id, x.last_room_id)
    where x.id = s.id;
    v_done := v_done + 1;
  end loop;
  return jsonb_build_object('schedules_run', v_done, 'rooms', (
    select coalesce(jsonb_agg(jsonb_build_object('id', x.id, 'run', x.run)), '[]')
    from public.rooms as x
    where x.id in (select y.last_room_id from public.room_schedules as y where y.last_at > p_at - interval '1 hour')
      and x.status = 'pending' and x.execution_arn is null
  ));
end;
$$;
comment on function public.open_scheduled_rooms is
  'Opens the rooms that are due, each once: {schedules_run, rooms: [{id, run}]: those that were opened within an hour and are to be '
  'started yet}. What was due several times while nobody swept is opened once. '
  'Nothing is due while its owner is banned or the account is being deleted. Where a room may not be opened, last_error says '
  'why, and it waits until it is due again.';

grant execute on function public.save_room_schedule, public.delete_room_schedule, public.open_scheduled_rooms to service_role;
