"""The only client of Supabase's database."""
