-- =====================================================================================================================
-- Training: workout plans and logged workouts
-- =====================================================================================================================
-- Written by approved actions alone. A user's token reads the user's own, and may delete them.

-- ------------------------------------------------------------------------------------------------ workout_plans
create table public.workout_plans (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  content jsonb not null check (jsonb_typeof(content) = 'object' and char_length(content::text) <= 100000),
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
comment on table public.workout_plans is 'Plans of a user; at most one is followed at a time.';
comment on column public.workout_plans.content is 'name, goal, weeks and sessions, as in shared/training/plan.py.';

create unique index workout_plans_one_active_idx on public.workout_plans (user_id) where is_active;
create index workout_plans_user_id_created_at_idx on public.workout_plans (user_id, created_at desc);
create trigger workout_plans_set_updated_at before update on public.workout_plans
  for each row execute function private.set_updated_at();
create trigger workout_plans_lock_writer before insert or update or delete on public.workout_plans
  for each statement execute function private.lock_writer();

alter table public.workout_plans enable row level security;
create policy "Owners use their plans" on public.workout_plans for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select, delete on public.workout_plans to authenticated;
grant select on public.workout_plans to service_role;

-- ------------------------------------------------------------------------------------------------- workout_logs
create table public.workout_logs (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  performed_on date not null,
  content jsonb not null check (jsonb_typeof(content) = 'object' and char_length(content::text) <= 100000),
  created_at timestamptz not null default now()
);
comment on table public.workout_logs is 'What a user has really done.';
comment on column public.workout_logs.content is 'performed_on, minutes, exercises and notes, as in shared/training/plan.py.';

create index workout_logs_user_id_performed_on_idx on public.workout_logs (user_id, performed_on desc, id desc);
create trigger workout_logs_lock_writer before insert or update or delete on public.workout_logs
  for each statement execute function private.lock_writer();

alter table public.workout_logs enable row level security;
create policy "Owners use their workouts" on public.workout_logs for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select, delete on public.workout_logs to authenticated;
grant select on public.workout_logs to service_role;

-- ------------------------------------------------------------------------------------------ what safety looks at
create function private.athlete(p_user_id uuid, p_days int default 28, p_limit int default 30) returns jsonb
language sql stable set search_path = '' as $$
  with known as (
    select to_jsonb(p) - array['user_id', 'created_at', 'updated_at'] as profile, private.local_time(p.time_zone) as here
    from public.ai_profile as p where p.user_id = p_user_id
  ), clock as (
    select coalesce((select k.here from known as k), now() at time zone 'UTC') as here
  )
  select jsonb_build_object(
    'now', to_char(c.here, 'YYYY-MM-DD"T"HH24:MI'),
    'profile', (select k.profile from known as k),
    'memories', private.memories(p_user_id),
    'plan', (select w.content from public.workout_plans as w where w.user_id = p_user_id and w.is_active),
    'workouts', (
      select coalesce(jsonb_agg(x.content order by x.performed_on desc, x.created_at desc, x.id), '[]')
      from (
        select l.*, sum(octet_length(l.content::text)) over (order by l.performed_on desc, l.created_at desc, l.id) as bytes
        from (
          select w.* from public.workout_logs as w
          -- Without a time zone the user may be a day ahead.
          where w.user_id = p_user_id and w.performed_on > c.here::date - p_days and w.performed_on <= c.here::date + 1
          order by w.performed_on desc, w.created_at desc, w.id
          limit p_limit
        ) as l
      ) as x
      where x.bytes <= 300000 -- some 300 workouts as people write them down
    ),
    'workouts_total', (
      select count(*) from (
        select from public.workout_logs as w
        where w.user_id = p_user_id and w.performed_on > c.here::date - p_days and w.performed_on <= c.here::date + 1
        limit 1000
      ) as counted
    )
  )
  from clock as c;
$$;
comment on function private.athlete is
  'What advice and actions are checked against: {now, profile, memories, plan, workouts, workouts_total}: the time '
  'where the user is (UTC where that is not known), the active plan, and of the workouts of p_days at most p_limit and 300 kB.';

create function public.athlete(p_user_id uuid) returns jsonb
language sql stable security definer set search_path = '' as $$
  select private.athlete(p_user_id);
$$;
comment on function public.athlete is 'What is known of a user''s training, as private.athlete: what safety checks of a text look at.';

create function public.workouts_between(p_user_id uuid, p_since date, p_until date, p_exercise text default null, p_limit int default 60)
returns jsonb
language sql stable security definer set search_path = '' as $$
  with found as (
    select w.* from (
      select x.* from public.workout_logs as x
      where x.user_id = p_user_id and x.performed_on between p_since and p_until
      order by x.performed_on desc, x.created_at desc, x.id limit 1000
    ) as w
    where p_exercise is null or strpos(lower((w.content -> 'exercises')::text), lower(p_exercise)) > 0
  )
  select jsonb_build_object('total', (select count(*) from found), 'workouts', (
    select coalesce(jsonb_agg(f.content order by f.performed_on desc, f.created_at desc, f.id), '[]')
    from (select x.* from found as x order by x.performed_on desc, x.created_at desc, x.id limit p_limit) as f
  ));
$$;
comment on function public.workouts_between is
  'The newest p_limit workouts of some days, and how many there are (1000 at most): {total, workouts}; with p_exercise those that name it.';

-- ------------------------------------------------------------------------------------------- written without the coach
create function private.workout_json(w public.workout_logs) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object('id', w.id, 'performed_on', w.performed_on, 'content', w.content, 'created_at', private.utc(w.created_at));
$$;
comment on function private.workout_json is 'A logged workout as the API shows it.';

create function public.log_workout(
  p_user_id uuid, p_content jsonb, p_idempotency_key text default null, p_request_hash text default null
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_stored jsonb;
  w public.workout_logs;
begin
  perform private.lock_user(p_user_id);
  if not exists (select 1 from auth.users as u where u.id = p_user_id) then
    raise sqlstate 'PT401' using message = 'account_gone';
  end if;
  v_stored := private.claim_idempotency_key(p_user_id, 'log_workout', p_idempotency_key, p_request_hash);
  if v_stored is not null then
    return jsonb_build_object('replayed', true, 'response', v_stored);
  end if;
  perform private.count_use(p_user_id, 'workouts');
  perform private.refuse_when_full('workouts', (
    select count(*) + 1 from (select from public.workout_logs as x where x.user_id = p_user_id limit 20000) as counted
  ), 20000);
  insert into public.workout_logs (user_id, performed_on, content)
  values (p_user_id, (p_content ->> 'performed_on')::date, p_content)
  returning * into w;
  update public.ai_idempotency_keys as i set response = private.workout_json(w)
  where i.user_id = p_user_id and i.operation = 'log_workout' and i.key = p_idempotency_key;
  return jsonb_build_object('replayed', false, 'response', private.workout_json(w));
end;
$$;
comment on function public.log_workout is
  'Writes a workout down: {replayed, response}. PT401 account_gone, PT429 too_many_workouts, PT422 storage_full beyond 20,000.';

create function public.change_workout(p_user_id uuid, p_id uuid, p_seen jsonb, p_content jsonb) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  w public.workout_logs;
begin
  perform private.lock_user(p_user_id);
  select x.* into w from public.workout_logs as x where x.id = p_id and x.user_id = p_user_id for update;
  if not found then
    raise sqlstate 'PT404' using message = 'workout_not_found';
  elsif w.content <> p_seen then
    raise sqlstate 'PT409' using message = 'workout_changed';
  end if;
  update public.workout_logs as x set content = p_content, performed_on = (p_content ->> 'performed_on')::date where x.id = p_id
  returning x.* into w;
  return private.workout_json(w);
end;
$$;
comment on function public.change_workout is
  'Corrects a workout that still is as it was seen. PT404 workout_not_found, PT409 workout_changed.';

grant execute on function public.athlete, public.workouts_between, public.log_workout, public.change_workout to service_role;
