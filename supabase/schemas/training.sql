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
comment on column public.workout_plans.content is 'name, goal, weeks and sessions, as in shared/training.py.';

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
comment on column public.workout_logs.content is 'performed_on, minutes, exercises and notes, as in shared/training.py.';

create index workout_logs_user_id_performed_on_idx on public.workout_logs (user_id, performed_on desc);
create trigger workout_logs_lock_writer before insert or update or delete on public.workout_logs
  for each statement execute function private.lock_writer();

alter table public.workout_logs enable row level security;
create policy "Owners use their workouts" on public.workout_logs for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select, delete on public.workout_logs to authenticated;
grant select on public.workout_logs to service_role;

-- ------------------------------------------------------------------------------------------ what safety looks at
create function private.athlete(p_user_id uuid) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'profile', (
      select to_jsonb(p) - array['user_id', 'created_at', 'updated_at']
      from public.ai_profile as p where p.user_id = p_user_id
    ),
    'plan', (select w.content from public.workout_plans as w where w.user_id = p_user_id and w.is_active),
    'workouts', (
      select coalesce(jsonb_agg(x.content order by x.performed_on desc, x.created_at desc, x.id), '[]')
      from (
        select l.* from public.workout_logs as l
        where l.user_id = p_user_id and l.performed_on > (now() at time zone 'UTC')::date - 28
        order by l.performed_on desc, l.created_at desc, l.id
        limit 30
      ) as x
    )
  );
$$;
comment on function private.athlete is
  'What advice and actions are checked against: {profile, plan, workouts}; the active plan, and at most 30 workouts of '
  'four weeks.';

create function public.athlete(p_user_id uuid) returns jsonb
language sql stable security definer set search_path = '' as $$
  select private.athlete(p_user_id);
$$;
comment on function public.athlete is 'What is known of a user''s training, as private.athlete: what safety checks of a text look at.';

grant execute on function public.athlete to service_role;
