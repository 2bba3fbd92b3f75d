-- By which name files and people know what is in a catalogue, in which languages it is shown, and what is there no more.

ALTER TABLE tenant ADD COLUMN slug text NOT NULL DEFAULT '';
CREATE UNIQUE INDEX tenant_by_slug ON tenant (slug) WHERE slug <> '';

-- Whether this is [[language, text], ...] without a language twice.
CREATE FUNCTION names_fit(p_names jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_typeof(p_names) = 'array'
       AND (SELECT coalesce(bool_and(jsonb_typeof(n -> 0) = 'string' AND jsonb_typeof(n -> 1) = 'string'), true)
                   AND count(*) = count(DISTINCT n ->> 0)
              FROM jsonb_array_elements(p_names) AS n)
$$;

ALTER TABLE branch
    ADD COLUMN slug text NOT NULL DEFAULT '',
    ADD COLUMN names jsonb NOT NULL DEFAULT '[]' CHECK (appointed.names_fit(names)),
    ADD COLUMN address text,
    ADD COLUMN retired boolean NOT NULL DEFAULT false;
ALTER TABLE resource
    ADD COLUMN slug text NOT NULL DEFAULT '',
    ADD COLUMN retired boolean NOT NULL DEFAULT false;
ALTER TABLE service
    ADD COLUMN slug text NOT NULL DEFAULT '',
    ADD COLUMN names jsonb NOT NULL DEFAULT '[]' CHECK (appointed.names_fit(names)),
    ADD COLUMN retired boolean NOT NULL DEFAULT false;

CREATE TABLE service_group (
    tenant_id uuid NOT NULL REFERENCES tenant ON DELETE CASCADE,
    group_id uuid NOT NULL,
    slug text NOT NULL DEFAULT '',
    name text NOT NULL,
    names jsonb NOT NULL DEFAULT '[]' CHECK (appointed.names_fit(names)),
    retired boolean NOT NULL DEFAULT false,
    PRIMARY KEY (tenant_id, group_id)
);
CREATE TABLE service_of_group (
    tenant_id uuid NOT NULL,
    group_id uuid NOT NULL,
    position smallint NOT NULL,
    service_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, group_id, position),
    FOREIGN KEY (tenant_id, group_id) REFERENCES service_group ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, service_id) REFERENCES service ON DELETE CASCADE
);

CREATE UNIQUE INDEX branch_by_slug ON branch (tenant_id, slug) WHERE slug <> '';
CREATE UNIQUE INDEX resource_by_slug ON resource (tenant_id, slug) WHERE slug <> '';
CREATE UNIQUE INDEX service_by_slug ON service (tenant_id, slug) WHERE slug <> '';
CREATE UNIQUE INDEX service_group_by_slug ON service_group (tenant_id, slug) WHERE slug <> '';

DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['service_group', 'service_of_group'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', v_table);
        EXECUTE format('CREATE POLICY of_tenant ON %I USING (tenant_id = nullif(current_setting(''appointed.tenant'', true), '''')::uuid)', v_table);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO appointed_app', v_table);
    END LOOP;
END
$$;

-- A service with its roles; `store/catalog_rows.py` reads the names of the columns.
CREATE FUNCTION service_as_json(p_service service) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT to_jsonb(p_service) - '{tenant_id,service_id}'::text[] || jsonb_build_object(
        'id', p_service.service_id,
        'roles', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'resource_ids', array(SELECT x.resource_id
                                        FROM service_resource x JOIN resource r USING (tenant_id, resource_id)
                                       WHERE x.tenant_id = p_service.tenant_id AND x.service_id = p_service.service_id
                                         AND x.role = g.role AND NOT r.retired
                                       ORDER BY x.preference),
                'units', g.units, 'count', g.count, 'skills', g.skills, 'interchangeable', g.interchangeable)
                ORDER BY g.role), '[]')
            FROM service_role g WHERE g.tenant_id = p_service.tenant_id AND g.service_id = p_service.service_id))
$$;

-- The catalogue as the outside gets it; `store/catalog_rows.py` reads these names. Nobody is served by a resource that is
-- retired.
CREATE OR REPLACE FUNCTION catalog_as_json(p_tenant uuid) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'branches', (SELECT coalesce(json_agg(json_build_object(
                'id', b.branch_id, 'name', b.name, 'time_zone', b.time_zone, 'opening_hours', b.opening_hours,
                'slug', b.slug, 'names', b.names, 'address', b.address, 'retired', b.retired)), '[]')
            FROM branch b WHERE b.tenant_id = p_tenant),
        'resources', (SELECT coalesce(json_agg(json_build_object(
                'id', r.resource_id, 'branch_id', r.branch_id, 'name', r.name, 'kind', r.kind, 'scope', r.scope,
                'schedule', r.schedule, 'skills', r.skills, 'traits', r.traits, 'slug', r.slug, 'retired', r.retired,
                'capacity', (SELECT coalesce(json_agg(json_build_object('starts_at', s.starts_at, 'capacity', s.capacity)
                        ORDER BY s.starts_at), '[]')
                    FROM capacity_step s WHERE s.tenant_id = p_tenant AND s.resource_id = r.resource_id))), '[]')
            FROM resource r WHERE r.tenant_id = p_tenant),
        'services', (SELECT coalesce(json_agg(service_as_json(s)), '[]') FROM service s WHERE s.tenant_id = p_tenant),
        'groups', (SELECT coalesce(json_agg(json_build_object(
                'id', g.group_id, 'name', g.name, 'slug', g.slug, 'names', g.names, 'retired', g.retired,
                'service_ids', array(SELECT x.service_id FROM service_of_group x
                                      WHERE x.tenant_id = p_tenant AND x.group_id = g.group_id ORDER BY x.position))), '[]')
            FROM service_group g WHERE g.tenant_id = p_tenant))
$$;
