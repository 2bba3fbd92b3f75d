-- What the core needs to decide, in one read.

CREATE FUNCTION catalog_as_json(p_tenant uuid) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'branches', (SELECT coalesce(json_agg(json_build_object(
                'id', b.branch_id, 'name', b.name, 'time_zone', b.time_zone,
                'opening_hours', (SELECT coalesce(json_agg(json_build_object('weekday', h.weekday,
                        'opens_minute', h.opens_minute, 'closes_minute', h.closes_minute)
                        ORDER BY h.weekday, h.opens_minute), '[]')
                    FROM opening_hours h WHERE h.tenant_id = p_tenant AND h.branch_id = b.branch_id))), '[]')
            FROM branch b WHERE b.tenant_id = p_tenant),
        'resources', (SELECT coalesce(json_agg(json_build_object(
                'id', r.resource_id, 'branch_id', r.branch_id, 'name', r.name, 'kind', r.kind, 'scope', r.scope,
                'capacity', (SELECT coalesce(json_agg(json_build_object('starts_at', s.starts_at, 'capacity', s.capacity)
                        ORDER BY s.starts_at), '[]')
                    FROM capacity_step s WHERE s.tenant_id = p_tenant AND s.resource_id = r.resource_id))), '[]')
            FROM resource r WHERE r.tenant_id = p_tenant),
        'services', (SELECT coalesce(json_agg(json_build_object(
                'id', s.service_id, 'branch_id', s.branch_id, 'name', s.name, 'duration_minutes', s.duration_minutes,
                'grid_minutes', s.grid_minutes, 'locale', s.locale, 'required_contact', s.required_contact,
                'party_limit', s.party_limit, 'reminder_minutes', s.reminder_minutes,
                'past_slots_allowed', s.past_slots_allowed,
                'roles', (SELECT coalesce(json_agg(json_build_object('units', g.units, 'resource_ids', g.resource_ids)
                        ORDER BY g.role), '[]')
                    FROM (SELECT x.role, max(x.units) AS units, array_agg(x.resource_id ORDER BY x.preference) AS resource_ids
                            FROM service_resource x WHERE x.tenant_id = p_tenant AND x.service_id = s.service_id
                           GROUP BY x.role) AS g))), '[]')
            FROM service s WHERE s.tenant_id = p_tenant))
$$;

-- `p_at` is the server's time; `now` in the answer is the tenant's, which in a sandbox is another. The catalogue comes
-- along where its version is not `p_known`, a visit where one is named, and, where a service and an interval are named,
-- the live claims on its resources that a slot starting in the interval could meet.
CREATE FUNCTION facts(p_tenant uuid, p_at timestamptz, p_known bigint, p_visit uuid, p_service uuid,
                      p_from timestamptz, p_to timestamptz) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_now timestamptz;
    v_version bigint;
    v_beyond timestamptz;
    v_bound timestamptz;
    v_resource uuid;
    v_claims json;
    v_occupied json[];
BEGIN
    PERFORM set_config('appointed.tenant', p_tenant::text, true);
    SELECT t.catalog_version, coalesce(c.instant + coalesce(p_at - c.running_since, interval '0'), p_at)
      INTO v_version, v_now
      FROM tenant t LEFT JOIN sandbox_clock c ON c.tenant_id = t.tenant_id
     WHERE t.tenant_id = p_tenant;
    IF p_service IS NOT NULL AND p_from IS NOT NULL THEN
        SELECT p_to + s.duration_minutes * interval '1 minute' INTO v_beyond
          FROM service s WHERE s.tenant_id = p_tenant AND s.service_id = p_service;
        v_bound := v_beyond + interval '24 hours';
        FOR v_resource IN
            SELECT DISTINCT s.resource_id FROM service_resource s WHERE s.tenant_id = p_tenant AND s.service_id = p_service
        LOOP
            SELECT json_agg(json_build_object('resource_id', v_resource, 'starts_at', c.starts_at, 'ends_at', c.ends_at,
                                              'units', c.units))
              INTO v_claims
              FROM claim c
             WHERE c.tenant_id = p_tenant AND c.resource_id = v_resource AND c.live AND c.ends_at > p_from
               AND c.ends_at < v_bound AND c.starts_at < v_beyond AND c.mode <> 'overbooked'
               AND (c.expires_at IS NULL OR c.expires_at > v_now);
            IF v_claims IS NOT NULL THEN
                v_occupied := v_occupied || v_claims;
            END IF;
        END LOOP;
    END IF;
    RETURN json_build_object(
        'now', coalesce(v_now, p_at), 'catalog_version', v_version,
        'catalog', CASE WHEN v_version IS DISTINCT FROM p_known THEN catalog_as_json(p_tenant) END,
        'visit', CASE WHEN p_visit IS NOT NULL THEN visit_as_json(p_tenant, p_visit) END,
        'occupied', array_to_json(v_occupied));
END
$$;

-- The events after a cursor, in their one order. A transaction still open may yet commit below a later one; nothing at
-- or above the oldest open one is shown, so that nothing can come late.
CREATE FUNCTION events_after(p_tenant uuid, p_epoch integer, p_xid xid8, p_ordinal integer, p_limit integer)
RETURNS TABLE (epoch integer, xid text, ordinal integer, visit_id uuid, kind text, at timestamptz, actor text, data json)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    PERFORM set_config('appointed.tenant', p_tenant::text, true);
    RETURN QUERY
    SELECT e.epoch, e.xid::text, e.ordinal, e.visit_id, e.kind, e.at, e.actor, e.data
      FROM event e
     WHERE e.tenant_id = p_tenant AND (e.epoch, e.xid, e.ordinal) > (p_epoch, p_xid, p_ordinal)
       AND (e.epoch < (SELECT c.epoch FROM event_epoch c) OR e.xid < pg_snapshot_xmin(pg_current_snapshot()))
     ORDER BY e.epoch, e.xid, e.ordinal LIMIT p_limit;
END
$$;

-- Raise the epoch where this cluster's next transaction number lies at or below one that is stored. Called at start.
CREATE FUNCTION epoch_guard() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_highest xid8;
    v_epoch integer;
BEGIN
    SELECT e.epoch INTO v_epoch FROM event_epoch e FOR UPDATE;
    SELECT max(h.xid) INTO v_highest
      FROM tenant t CROSS JOIN LATERAL (SELECT e.xid FROM event e WHERE e.tenant_id = t.tenant_id AND e.epoch = v_epoch
                                         ORDER BY e.xid DESC LIMIT 1) AS h;
    IF v_highest >= pg_snapshot_xmax(pg_current_snapshot()) THEN
        UPDATE event_epoch SET epoch = v_epoch + 1 RETURNING event_epoch.epoch INTO v_epoch;
    END IF;
    RETURN v_epoch;
END
$$;
