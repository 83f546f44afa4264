-- For a local project only (`supabase start`, `supabase db reset`): a second plan to try other limits with.
insert into public.ai_usage_plans (id, weekly_tokens, weekly_messages, weekly_cost)
values ('pro', 50000000, 1000, 10.00)
on conflict (id) do nothing;
