-- Everything in schema public that the API can name, as one row of JSON. Types and defaults are printed with an empty
-- search_path, so that they are qualified wherever that matters.
select json_build_object(
  'tables', coalesce((
    select json_agg(json_build_object(
      'name', c.relname,
      'columns', (
        select json_agg(json_build_object(
          'name', a.attname,
          'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
          'default', case
            when a.attidentity <> '' then
              format('nextval(%L)', pg_catalog.pg_get_serial_sequence(c.oid::pg_catalog.regclass::text, a.attname))
            when a.attgenerated = '' then pg_catalog.pg_get_expr(d.adbin, d.adrelid)
          end
        ) order by a.attnum)
        from pg_catalog.pg_attribute a
        left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      ),
      'primary_key', coalesce((
        select json_agg(a.attname order by k.position)
        from pg_catalog.pg_index i
        cross join lateral unnest(i.indkey::int[]) with ordinality as k (number, position)
        join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number
        where i.indrelid = c.oid and i.indisprimary
      ), '[]')
    ))
    from pg_catalog.pg_class c
    where c.relnamespace = 'public'::pg_catalog.regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
      and exists (select from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)
  ), '[]'),
  'functions', coalesce((
    select json_agg(json_build_object(
      'name', p.proname,
      'names', p.proargnames,
      'modes', p.proargmodes::text[],
      'types', array(
        select pg_catalog.format_type(t.type, null)
        from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality as t (type, position)
        order by t.position
      ),
      'defaults', p.pronargdefaults,
      'variadic', p.provariadic <> 0,
      'statement_timeout', (
        select split_part(s, '=', 2) from unnest(p.proconfig) as s where s like 'statement\_timeout=%'
      ),
      'volatile', p.provolatile = 'v',
      'returns_set', p.proretset,
      'returns', pg_catalog.format_type(p.prorettype, null),
      'row', (
        select json_agg(json_build_object('name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod))
          order by a.attnum)
        from pg_catalog.pg_attribute a
        where a.attrelid = r.typrelid and r.typrelid <> 0 and a.attnum > 0 and not a.attisdropped
      )
    ))
    from pg_catalog.pg_proc p
    join pg_catalog.pg_type r on r.oid = p.prorettype
    where p.pronamespace = 'public'::pg_catalog.regnamespace and p.prokind = 'f'
      and p.prorettype not in ('trigger'::pg_catalog.regtype, 'event_trigger'::pg_catalog.regtype)
  ), '[]')
)
