-- The visits that a change of the catalogue could hit: not over, with a live claim on one of these resources that is not
-- over either. One row for each, {"visit", "claims"}; `store/standing.py` reads these names. The claims are all that the
-- visit stands on, and each tells whether it is overbooked. One look-up a resource and one a visit: a join would leave
-- the planner a choice that it makes badly on a young table.
CREATE FUNCTION standing(p_tenant uuid, p_now timestamptz, p_resources uuid[]) RETURNS SETOF text LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_resource uuid;
    v_visit uuid;
    v_visits uuid[];
BEGIN
    FOREACH v_resource IN ARRAY p_resources LOOP
        v_visits := v_visits || array(SELECT c.visit_id FROM claim c
                                       WHERE c.tenant_id = p_tenant AND c.resource_id = v_resource AND c.live
                                         AND c.ends_at > p_now);
    END LOOP;
    FOR v_visit IN SELECT DISTINCT u.id FROM unnest(v_visits) AS u (id) LOOP
        RETURN QUERY
        SELECT json_build_object(
                   'visit', visit_as_json(p_tenant, v_visit),
                   'claims', (SELECT json_agg(json_build_object(
                                  'id', c.claim_id, 'item_id', c.item_id, 'resource_id', c.resource_id,
                                  'starts_at', c.starts_at, 'ends_at', c.ends_at, 'units', c.units, 'role', c.role,
                                  'named', c.named, 'overbooked', c.mode = 'overbooked') ORDER BY c.starts_at, c.claim_id)
                                FROM claim c WHERE c.tenant_id = p_tenant AND c.visit_id = v_visit AND c.live))::text
          FROM visit v
         WHERE v.tenant_id = p_tenant AND v.visit_id = v_visit AND v.state <> 'done'
           AND visit_stands(v.state, v.expires_at, p_now);
    END LOOP;
END
$$;
