-- Claims handed over packed: most are of one unit and for good, and of those their minutes are all that there is to say.

DROP FUNCTION facts(uuid, timestamptz, bigint, uuid, uuid[], bigint[], bigint, integer, integer, boolean, text, uuid[]);
DROP FUNCTION resources_occupied(uuid, timestamptz, uuid[], bigint[], timestamptz, timestamptz, boolean);

-- Each resource's version, and where that is not the one known its claims over the interval. `told` is JSON, [[version,
-- claims or null], ...], a claim being [starts, ends, units, expires, ...] as `core/occupancy.py` has it. `packed` has for
-- each resource the claims of one unit that do not lapse, as pairs of 32 bits, starts and ends; with `p_detail` none. The
-- reader keeps all this by version, so nothing here may come back with time: one that lapsed never does, one that may says
-- when.
CREATE FUNCTION resources_occupied(p_tenant uuid, p_now timestamptz, p_resources uuid[], p_versions bigint[],
                                   p_from timestamptz, p_to timestamptz, p_detail boolean, OUT told text, OUT packed bytea[])
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_bound timestamptz := p_to + interval '24 hours';
BEGIN
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
                                  ',' ORDER BY r.nth), ']'),
           array_agg(coalesce(l.packed, '') ORDER BY r.nth)
      INTO told, packed
      FROM asked r
           CROSS JOIN LATERAL (
               SELECT string_agg(int4send(floor(date_part('epoch', c.starts_at) / 60)::integer)
                                 || int4send(ceil(date_part('epoch', c.ends_at) / 60)::integer), '')
                          FILTER (WHERE c.units = 1 AND c.expires_at IS NULL AND NOT p_detail) AS packed,
                      string_agg(concat(
                          floor(date_part('epoch', c.starts_at) / 60)::integer, ',',
                          ceil(date_part('epoch', c.ends_at) / 60)::integer, ',', c.units, ',',
                          coalesce((extract(epoch FROM c.expires_at) * 1000000)::bigint::text, 'null'),
                          CASE WHEN p_detail
                               THEN format(',"%s","%s","%s",%s,%s', c.visit_id, c.claim_id,
                                           (SELECT i.service_id FROM item i
                                             WHERE i.tenant_id = p_tenant AND i.visit_id = c.visit_id
                                               AND i.item_id = c.item_id), c.role, c.named::text) END), '],[')
                          FILTER (WHERE c.units <> 1 OR c.expires_at IS NOT NULL OR p_detail) AS claims
                 FROM claim c
                WHERE r.moved
                  AND c.tenant_id = p_tenant AND c.resource_id = r.id AND c.live AND c.ends_at > p_from
                  AND c.ends_at < v_bound AND c.starts_at < p_to AND c.mode <> 'overbooked'
                  AND (c.expires_at IS NULL OR c.expires_at > p_now)) AS l;
END
$$;

-- `p_at` is the server's time; `now` in the answer is the tenant's, which in a sandbox is another. The catalogue comes
-- along where its version is not `p_known`, a visit where one is named, and whom it asked for, what is occupied where
-- resources are, the starts of a customer where one is. The interval is in minutes of UTC since 1970. `p_total` is the sum
-- of the known versions, null where one is not known: versions only rise, so as long as the sum is the same nothing has
-- moved. The answer is JSON, in UTF-8, and after it the packed claims of each resource, where any has moved.
CREATE FUNCTION facts(p_tenant uuid, p_at timestamptz, p_known bigint, p_visit uuid, p_resources uuid[],
                      p_versions bigint[], p_total bigint, p_from integer, p_to integer, p_detail boolean,
                      p_customer text, p_services uuid[]) RETURNS bytea[] LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_tenant text := set_config('appointed.tenant', p_tenant::text, true);
    v_from timestamptz := to_timestamp(p_from * 60::float8);
    v_to timestamptz := to_timestamp(p_to * 60::float8);
    v_now timestamptz;
    v_version bigint;
    v_total bigint;
    v_told text;
    v_packed bytea[];
BEGIN
    SELECT t.catalog_version, coalesce(c.instant + coalesce(p_at - c.running_since, interval '0'), p_at)
      INTO v_version, v_now
      FROM tenant t LEFT JOIN sandbox_clock c ON c.tenant_id = t.tenant_id
     WHERE t.tenant_id = p_tenant;
    v_now := coalesce(v_now, p_at);
    IF p_resources IS NOT NULL THEN
        IF p_total IS NOT NULL THEN
            SELECT coalesce(sum(v.version), 0) INTO v_total
              FROM resource_version v
             WHERE v.tenant_id = p_tenant AND v.resource_id = ANY (p_resources);
        END IF;
        IF (v_total = p_total) IS NOT TRUE THEN
            SELECT o.told, o.packed INTO v_told, v_packed
              FROM resources_occupied(p_tenant, v_now, p_resources, p_versions, v_from, v_to, p_detail) AS o;
        END IF;
    END IF;
    RETURN convert_to(concat(
        '{"now":', to_json(v_now), ',"version":', coalesce(v_version, 0),
        ',"catalog":' || CASE WHEN v_version IS DISTINCT FROM p_known THEN catalog_as_json(p_tenant)::text END,
        ',"visit":' || CASE WHEN p_visit IS NOT NULL THEN visit_as_json(p_tenant, p_visit)::text END,
        ',"asked_for":' || CASE WHEN p_visit IS NOT NULL THEN
            (SELECT json_agg(json_build_array(c.item_id, c.role, c.resource_id))
               FROM claim c WHERE c.tenant_id = p_tenant AND c.visit_id = p_visit AND c.live AND c.named)::text END,
        ',"occupied":' || v_told,
        ',"customer_starts":' || CASE WHEN p_customer IS NOT NULL THEN customer_starts(
            p_tenant, v_now, p_visit, p_customer, p_services, v_from - interval '2 days', v_to + interval '2 days')::text END,
        '}'), 'UTF8') || coalesce(v_packed, '{}');
END
$$;
