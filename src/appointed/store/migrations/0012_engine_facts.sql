-- What the core needs to decide, in one read: the resources by their versions, and claims only where those moved.

-- The contact address of a visit whose service limits how often one customer comes in a day; null for all others, who
-- are never looked for by it.
ALTER TABLE visit ADD COLUMN customer_key text;
CREATE INDEX visit_of_customer ON visit (tenant_id, customer_key) WHERE customer_key IS NOT NULL;

-- For which of the service's roles a claim was taken, and whether the customer asked for just this resource.
ALTER TABLE claim
    ADD COLUMN role smallint NOT NULL DEFAULT 0,
    ADD COLUMN named boolean NOT NULL DEFAULT false;

-- Whether a visit in this state still stands: it has not given its claims back, and has not lapsed.
CREATE FUNCTION visit_stands(p_state visit_state, p_expires timestamptz, p_now timestamptz) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT p_state NOT IN ('released', 'expired', 'absorbed', 'cancelled', 'no_show')
       AND (p_state <> 'held' OR p_expires IS NULL OR p_expires > p_now)
$$;

-- When other visits of a customer than `p_visit` start within an interval, by service: [[service, minute], ...]. A
-- subquery for each visit, since on a young table a join would tempt the planner to read all items.
CREATE FUNCTION customer_starts(p_tenant uuid, p_now timestamptz, p_visit uuid, p_customer text, p_services uuid[],
                                p_from timestamptz, p_to timestamptz) RETURNS json LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT json_agg(json_build_array(s.service_id, floor(date_part('epoch', s.starts_at) / 60)::integer))
              FROM visit v
                   CROSS JOIN LATERAL (SELECT i.service_id, min(i.starts_at) AS starts_at
                                         FROM item i
                                        WHERE i.tenant_id = p_tenant AND i.visit_id = v.visit_id
                                          AND i.service_id = ANY (p_services)
                                          AND i.starts_at >= p_from AND i.starts_at < p_to
                                        GROUP BY i.service_id
                                       OFFSET 0) AS s
             WHERE v.tenant_id = p_tenant AND v.customer_key = p_customer AND v.visit_id IS DISTINCT FROM p_visit
               AND visit_stands(v.state, v.expires_at, p_now));
END
$$;

-- Each resource's version, and where that is not the one known its claims over the interval: [[version, claims or null],
-- ...], a claim being [starts, ends, units, expires, ...] as `core/occupancy.py` has it, without what is usual. The reader
-- keeps this by version, so nothing here may come back with time: one that lapsed never does, one that may says when.
CREATE FUNCTION resources_occupied(p_tenant uuid, p_now timestamptz, p_resources uuid[], p_versions bigint[],
                                   p_from timestamptz, p_to timestamptz, p_detail boolean)
RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_bound timestamptz := p_to + interval '24 hours';
BEGIN
    RETURN (
        WITH summed AS MATERIALIZED (
            SELECT v.resource_id, sum(v.version)::bigint AS version
              FROM resource_version v
             WHERE v.tenant_id = p_tenant AND v.resource_id = ANY (p_resources)
             GROUP BY v.resource_id
        ), asked AS MATERIALIZED (
            SELECT r.id, r.nth, coalesce(s.version, 0) AS version, coalesce(s.version, 0) IS DISTINCT FROM r.known AS moved
              FROM unnest(p_resources, p_versions) WITH ORDINALITY AS r (id, known, nth)
                   LEFT JOIN summed s ON s.resource_id = r.id
        )
        SELECT concat('[', string_agg(concat('[', r.version, ',', CASE WHEN r.moved
                                             THEN coalesce('[[' || l.claims || ']]', '[]') ELSE 'null' END, ']'),
                                      ',' ORDER BY r.nth), ']')
          FROM asked r
               CROSS JOIN LATERAL (
                   SELECT string_agg(concat(
                              floor(date_part('epoch', c.starts_at) / 60)::integer, ',',
                              ceil(date_part('epoch', c.ends_at) / 60)::integer,
                              CASE WHEN p_detail OR c.units <> 1 OR c.expires_at IS NOT NULL
                                   THEN concat(',', c.units, ',', coalesce(
                                       (extract(epoch FROM c.expires_at) * 1000000)::bigint::text, 'null')) END,
                              CASE WHEN p_detail
                                   THEN format(',"%s","%s","%s",%s,%s', c.visit_id, c.claim_id,
                                               (SELECT i.service_id FROM item i
                                                 WHERE i.tenant_id = p_tenant AND i.visit_id = c.visit_id
                                                   AND i.item_id = c.item_id), c.role, c.named::text) END), '],[') AS claims
                     FROM claim c
                    WHERE r.moved
                      AND c.tenant_id = p_tenant AND c.resource_id = r.id AND c.live AND c.ends_at > p_from
                      AND c.ends_at < v_bound AND c.starts_at < p_to AND c.mode <> 'overbooked'
                      AND (c.expires_at IS NULL OR c.expires_at > p_now)) AS l);
END
$$;

-- `p_at` is the server's time; `now` in the answer is the tenant's, which in a sandbox is another. The catalogue comes
-- along where its version is not `p_known`, a visit where one is named, and whom it asked for, what is occupied where resources are, the starts
-- of a customer where one is. The interval is in minutes of UTC since 1970. `p_total` is the sum of the known versions,
-- null where one is not known: versions only rise, so as long as the sum is the same nothing has moved.
DROP FUNCTION facts(uuid, timestamptz, bigint, uuid, uuid, timestamptz, timestamptz);
CREATE FUNCTION facts(p_tenant uuid, p_at timestamptz, p_known bigint, p_visit uuid, p_resources uuid[],
                      p_versions bigint[], p_total bigint, p_from integer, p_to integer, p_detail boolean,
                      p_customer text, p_services uuid[]) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_tenant text := set_config('appointed.tenant', p_tenant::text, true);
    v_from timestamptz := to_timestamp(p_from * 60::float8);
    v_to timestamptz := to_timestamp(p_to * 60::float8);
    v_now timestamptz;
    v_version bigint;
    v_total bigint;
    v_occupied text;
BEGIN
    SELECT t.catalog_version, coalesce(c.instant + coalesce(p_at - c.running_since, interval '0'), p_at)
      INTO v_version, v_now
      FROM tenant t LEFT JOIN sandbox_clock c ON c.tenant_id = t.tenant_id
     WHERE t.tenant_id = p_tenant;
    v_now := coalesce(v_now, p_at);
    IF p_resources IS NOT NULL THEN
        SELECT coalesce(sum(v.version), 0) INTO v_total
          FROM resource_version v
         WHERE v.tenant_id = p_tenant AND v.resource_id = ANY (p_resources);
        IF (v_total = p_total) IS NOT TRUE THEN
            v_occupied := resources_occupied(p_tenant, v_now, p_resources, p_versions, v_from, v_to, p_detail);
        END IF;
    END IF;
    RETURN concat(
        '{"now":', to_json(v_now), ',"version":', coalesce(v_version, 0),
        ',"catalog":' || CASE WHEN v_version IS DISTINCT FROM p_known THEN catalog_as_json(p_tenant)::text END,
        ',"visit":' || CASE WHEN p_visit IS NOT NULL THEN visit_as_json(p_tenant, p_visit)::text END,
        ',"asked_for":' || CASE WHEN p_visit IS NOT NULL THEN
            (SELECT json_agg(json_build_array(c.item_id, c.role, c.resource_id))
               FROM claim c WHERE c.tenant_id = p_tenant AND c.visit_id = p_visit AND c.live AND c.named)::text END,
        ',"occupied":' || v_occupied,
        ',"customer_starts":' || CASE WHEN p_customer IS NOT NULL THEN customer_starts(
            p_tenant, v_now, p_visit, p_customer, p_services, v_from - interval '2 days', v_to + interval '2 days')::text END,
        '}');
END
$$;
