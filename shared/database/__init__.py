"""The one road to Supabase's database."""
