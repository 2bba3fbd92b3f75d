-- Scopes for moving and cancelling, who serves a visit, and seals that the worker makes.

-- Whoever booked could always give a promise another time and call it off: what was one scope are three.
UPDATE credential
   SET scopes = ARRAY(SELECT DISTINCT s FROM unnest(scopes || ARRAY['cancel', 'reschedule']) AS s ORDER BY s)
 WHERE 'book' = ANY (scopes);

-- Who serves the items of these visits by their live claims, each with the version that its visit has; a visit that
-- nobody serves is told once.
CREATE FUNCTION serving(p_tenant uuid, p_visits uuid[])
RETURNS TABLE (visit_id uuid, version integer, item_id uuid, resource_id uuid, slug text, name text)
LANGUAGE plpgsql STABLE
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    v_tenant text := set_config('appointed.tenant', p_tenant::text, true);
BEGIN
    RETURN QUERY
    SELECT v.visit_id, v.version, c.item_id, c.resource_id, r.slug, r.name
      FROM visit v
           LEFT JOIN claim c ON c.tenant_id = v.tenant_id AND c.visit_id = v.visit_id AND c.live
           LEFT JOIN resource r ON r.tenant_id = c.tenant_id AND r.resource_id = c.resource_id
     WHERE v.tenant_id = p_tenant AND v.visit_id = ANY (p_visits)
     ORDER BY v.visit_id, c.role, r.name, c.resource_id;
END
$$;

-- The worker learns who has events that no seal covers: cursors and whose they are, and no other column.
GRANT SELECT (tenant_id, epoch, xid, ordinal) ON event TO appointed_worker;
CREATE POLICY may_be_sealed ON event FOR SELECT TO appointed_worker USING (true);
GRANT SELECT (tenant_id, number, at, epoch, xid, ordinal) ON seal TO appointed_worker;
CREATE POLICY tells_how_far ON seal FOR SELECT TO appointed_worker USING (true);
GRANT SELECT (epoch) ON event_epoch TO appointed_worker;

-- Up to `p_limit` tenants after `p_after`, in the order of their ids, with an event that a seal could cover and none does,
-- and without a seal since `p_since` on the server's clock. It leaps from tenant to tenant through the key of the events,
-- and reads one event and one seal of each.
CREATE FUNCTION tenants_unsealed(p_since timestamptz, p_after uuid, p_limit integer) RETURNS SETOF uuid LANGUAGE plpgsql STABLE
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $$
DECLARE
    v_found integer := 0;
    v_tenant uuid := p_after;
    v_epoch integer := (SELECT x.epoch FROM event_epoch x);
    v_settled xid8 := pg_snapshot_xmin(pg_current_snapshot());
    v_seal record;
BEGIN
    WHILE v_found < p_limit LOOP
        v_tenant := (SELECT e.tenant_id FROM event e WHERE e.tenant_id > v_tenant ORDER BY e.tenant_id LIMIT 1);
        EXIT WHEN v_tenant IS NULL;
        SELECT s.at, s.epoch, s.xid, s.ordinal INTO v_seal
          FROM seal s WHERE s.tenant_id = v_tenant ORDER BY s.number DESC LIMIT 1;
        CONTINUE WHEN v_seal.at > p_since;
        -- The first one after the seal is the first to be settled.
        IF (SELECT e.epoch < v_epoch OR e.xid < v_settled
              FROM event e
             WHERE e.tenant_id = v_tenant
               AND (e.epoch, e.xid, e.ordinal) > (coalesce(v_seal.epoch, 0), coalesce(v_seal.xid, '0'::xid8),
                                                  coalesce(v_seal.ordinal, -1))
             ORDER BY e.epoch, e.xid, e.ordinal LIMIT 1) THEN
            v_found := v_found + 1;
            RETURN NEXT v_tenant;
        END IF;
    END LOOP;
END
$$;

REVOKE ALL ON FUNCTION tenants_unsealed(timestamptz, uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenants_unsealed(timestamptz, uuid, integer) TO appointed_worker;
