-- What people are told and asked before they book, which services of several branches are the same, which go together,
-- and what a tenant switches on.

CREATE TYPE resource_choice AS ENUM ('open', 'listed', 'required');

-- Whether this is {"text": ..., "translations": [[language, text], ...]} without a language twice.
CREATE FUNCTION text_fits(p_text jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT p_text IS NULL OR p_text = 'null'
        OR coalesce(jsonb_typeof(p_text -> 'text') = 'string' AND appointed.names_fit(p_text -> 'translations'), false)
$$;

-- Whether these are questions of the core's, each with its texts.
CREATE FUNCTION questions_fit(p_questions jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_typeof(p_questions) = 'array'
       AND (SELECT coalesce(bool_and(coalesce(jsonb_typeof(q -> 'text') = 'object', false)
                                     AND appointed.text_fits(q -> 'text') AND appointed.text_fits(q -> 'clarification')
                                     AND appointed.text_fits(q -> 'denial')), true)
              FROM jsonb_array_elements(p_questions) AS q)
$$;

ALTER TABLE tenant ADD COLUMN options jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(options) = 'object');

-- An address that was one text is its street.
ALTER TABLE branch
    ALTER COLUMN address TYPE jsonb USING CASE WHEN address IS NOT NULL THEN jsonb_build_object('street', address) END,
    ADD CONSTRAINT branch_address_fits CHECK (coalesce(jsonb_typeof(address -> 'street') = 'string', address IS NULL)),
    ADD COLUMN geo jsonb CHECK (geo IS NULL OR coalesce((geo ->> 'longitude')::float8 BETWEEN -180 AND 180
                                                       AND (geo ->> 'latitude')::float8 BETWEEN -90 AND 90, false));

ALTER TABLE service
    ADD COLUMN family_id uuid,
    ADD COLUMN description jsonb CHECK (appointed.text_fits(description)),
    ADD COLUMN questions jsonb NOT NULL DEFAULT '[]' CHECK (appointed.questions_fit(questions)),
    ADD COLUMN screening jsonb NOT NULL DEFAULT '[]' CHECK (appointed.questions_fit(screening)),
    ADD COLUMN resource_choice resource_choice NOT NULL DEFAULT 'open',
    ADD COLUMN required_facts text[] NOT NULL DEFAULT '{}' CHECK (required_facts <@ ARRAY['birth_date']),
    ADD COLUMN added_duration_minutes integer CHECK (added_duration_minutes > 0),
    ADD COLUMN index integer NOT NULL DEFAULT 0,
    -- Whoever asks for a family at a branch means one service. Two may exchange their families in one transaction.
    ADD CONSTRAINT service_of_family EXCLUDE USING btree
        (tenant_id WITH =, branch_id WITH =, (coalesce(family_id, service_id)) WITH =) WHERE (NOT retired)
        DEFERRABLE INITIALLY DEFERRED,
    -- As `service_length`, for what is added to another service.
    ADD CONSTRAINT service_added_length CHECK (
        buffer_before_minutes + buffer_after_minutes
        + coalesce(added_duration_minutes, 0)::bigint * coalesce(party_limit, 1) <= 1440);

ALTER TABLE service_group ADD COLUMN index integer NOT NULL DEFAULT 0;

-- Services of a branch that may be booked together.
CREATE TABLE combination (
    tenant_id uuid NOT NULL,
    branch_id uuid NOT NULL,
    number smallint NOT NULL,
    service_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, branch_id, number, service_id),
    FOREIGN KEY (tenant_id, branch_id) REFERENCES branch ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, service_id) REFERENCES service ON DELETE CASCADE
);
ALTER TABLE combination ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON combination USING (tenant_id = nullif(current_setting('appointed.tenant', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON combination TO appointed_app;

-- The catalogue as the outside gets it; `store/catalog_rows.py` reads these names. Nobody is served by a resource that is
-- retired.
CREATE OR REPLACE FUNCTION catalog_as_json(p_tenant uuid) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'branches', (SELECT coalesce(json_agg(json_build_object(
                'id', b.branch_id, 'name', b.name, 'time_zone', b.time_zone, 'opening_hours', b.opening_hours,
                'slug', b.slug, 'names', b.names, 'address', b.address, 'retired', b.retired, 'geo', b.geo,
                'combinations', (SELECT coalesce(json_agg(c.services ORDER BY c.number), '[]')
                    FROM (SELECT x.number, json_agg(x.service_id) AS services
                            FROM combination x
                           WHERE x.tenant_id = p_tenant AND x.branch_id = b.branch_id GROUP BY x.number) AS c))), '[]')
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
                'index', g.index,
                'service_ids', array(SELECT x.service_id FROM service_of_group x
                                      WHERE x.tenant_id = p_tenant AND x.group_id = g.group_id ORDER BY x.position))), '[]')
            FROM service_group g WHERE g.tenant_id = p_tenant),
        'options', coalesce((SELECT t.options FROM tenant t WHERE t.tenant_id = p_tenant), '{}'))
$$;
