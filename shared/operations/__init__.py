"""What whoever runs Hercules looks at, over all users; see supabase/schemas/operations.sql."""
