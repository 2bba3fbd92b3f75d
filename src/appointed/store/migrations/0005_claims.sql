-- Taking and freeing capacity. Locks are taken in one order everywhere: request key, catalogue, visits by id, pools by
-- key, claims by resource, versions by resource. A visit's claims change only under the visit's lock.

-- A claim to be taken. `kind` and `scope` are what the catalogue says of the resource, null where the tenant has no such
-- resource. A shadow is the overbooked claim `claim_id` of another visit, to be taken in where there is room.
CREATE TYPE asked_claim AS (
    claim_id uuid, item_id uuid, resource_id uuid, starts_at timestamptz, ends_at timestamptz, units integer,
    kind resource_kind, scope pool_scope, shadow_of uuid, expires_at timestamptz
);

CREATE FUNCTION refuse(p_code text, p_facts json DEFAULT '{}') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'AP001', MESSAGE = p_code, DETAIL = p_facts::text;
END
$$;

-- The catalogue cannot move before this transaction ends. Who changes it takes the same key alone.
CREATE FUNCTION catalog_share(p_tenant uuid) RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock_shared(uuid_hash_extended(p_tenant, 1))
$$;

CREATE FUNCTION catalog_lock(p_tenant uuid) RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(uuid_hash_extended(p_tenant, 1))
$$;

-- Share the catalogue, and refuse where the decision was made on another version of it.
CREATE FUNCTION catalog_expect(p_tenant uuid, p_version bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(uuid_hash_extended(p_tenant, 1));
    PERFORM 1 FROM tenant t WHERE t.tenant_id = p_tenant AND t.catalog_version = p_version;
    IF NOT FOUND THEN
        PERFORM refuse('catalog_moved');
    END IF;
END
$$;

-- The claims of a call, in the order in which everybody takes them.
CREATE FUNCTION claims_asked(p_tenant uuid, p_claims json) RETURNS asked_claim[] LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_asked asked_claim[] := array(SELECT a FROM json_populate_recordset(NULL::asked_claim, p_claims) AS a
                                    ORDER BY a.resource_id, a.starts_at);
    v_claim asked_claim;
BEGIN
    FOR v_nth IN 1 .. cardinality(v_asked) LOOP
        v_claim := v_asked[v_nth];
        v_claim.shadow_of := NULL;
        SELECT r.kind, r.scope INTO v_claim.kind, v_claim.scope
          FROM resource r WHERE r.tenant_id = p_tenant AND r.resource_id = v_claim.resource_id;
        v_asked[v_nth] := v_claim;
    END LOOP;
    RETURN v_asked;
END
$$;

-- What stands in the way of the claims asked for: the visits among them that lapsed, and whether an exclusive resource
-- is taken for good. `p_visit` is the visit that asks, whose own claims are not in its way. One look-up a claim, with
-- plain values: a join would leave the planner a choice that it makes badly on a young table.
CREATE FUNCTION claims_in_the_way(p_tenant uuid, p_now timestamptz, p_visit uuid, p_asked asked_claim[],
                                  OUT lapsed uuid[], OUT taken boolean) LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_claim asked_claim;
    v_bound timestamptz;
    v_visit uuid;
    v_mode claim_mode;
    v_expires timestamptz;
BEGIN
    taken := false;
    FOREACH v_claim IN ARRAY p_asked LOOP
        v_bound := v_claim.ends_at + interval '24 hours';
        PERFORM 1 FROM claim c
          WHERE c.tenant_id = p_tenant AND c.resource_id = v_claim.resource_id AND c.live AND c.ends_at > v_claim.starts_at
            AND c.ends_at < v_bound AND c.starts_at < v_claim.ends_at LIMIT 1;
        CONTINUE WHEN NOT FOUND;
        FOR v_visit, v_mode, v_expires IN
            SELECT c.visit_id, c.mode, c.expires_at FROM claim c
             WHERE c.tenant_id = p_tenant AND c.resource_id = v_claim.resource_id AND c.live
               AND c.ends_at > v_claim.starts_at AND c.ends_at < v_bound AND c.starts_at < v_claim.ends_at
               AND c.visit_id <> p_visit
        LOOP
            IF v_expires <= p_now THEN
                lapsed := lapsed || v_visit;
            ELSIF v_mode = 'exclusive' THEN
                taken := true;
            END IF;
        END LOOP;
    END LOOP;
END
$$;

-- The live overbooked claims of others beside the live claims of these visits: who could be taken in when those leave.
CREATE FUNCTION claims_beside(p_tenant uuid, p_now timestamptz, p_visits uuid[]) RETURNS SETOF asked_claim
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_claim claim;
    v_bound timestamptz;
BEGIN
    FOR v_claim IN SELECT c.* FROM claim c WHERE c.tenant_id = p_tenant AND c.visit_id = ANY (p_visits) AND c.live LOOP
        v_bound := v_claim.ends_at + interval '24 hours';
        RETURN QUERY
        SELECT c.claim_id, c.item_id, c.resource_id, c.starts_at, c.ends_at, c.units, r.kind, r.scope, c.visit_id, c.expires_at
          FROM claim c JOIN resource r ON r.tenant_id = p_tenant AND r.resource_id = v_claim.resource_id
         WHERE c.tenant_id = p_tenant AND c.resource_id = v_claim.resource_id AND c.live AND c.mode = 'overbooked'
           AND c.ends_at > v_claim.starts_at AND c.ends_at < v_bound AND c.starts_at < v_claim.ends_at
           AND c.visit_id <> ALL (p_visits) AND (c.expires_at IS NULL OR c.expires_at > p_now);
    END LOOP;
END
$$;

-- Lock, in the order of their ids, every visit that this transaction may change: `p_visit` itself, those that leave, the
-- lapsed ones in the way of what is asked, and the overbooked ones beside them. Tells which of them did lapse.
CREATE FUNCTION visits_lock(p_tenant uuid, p_now timestamptz, p_visit uuid, p_leaving uuid[], p_asked asked_claim[],
                            OUT lapsed uuid[], OUT taken boolean) LANGUAGE plpgsql AS $$
DECLARE
    v_way record;
    v_leaving uuid[] := p_leaving;
BEGIN
    taken := false;
    IF p_asked IS NOT NULL THEN
        v_way := claims_in_the_way(p_tenant, p_now, p_visit, p_asked);
        taken := v_way.taken;
        v_leaving := v_leaving || v_way.lapsed;
    END IF;
    IF v_leaving IS NULL THEN
        RETURN;
    END IF;
    v_leaving := v_leaving || array(SELECT b.shadow_of FROM claims_beside(p_tenant, p_now, v_leaving) AS b);
    PERFORM 1 FROM visit v WHERE v.tenant_id = p_tenant AND v.visit_id = ANY (v_leaving) ORDER BY v.visit_id FOR UPDATE;
    lapsed := nullif(array(SELECT v.visit_id FROM visit v
                            WHERE v.tenant_id = p_tenant AND v.visit_id = ANY (v_leaving) AND v.visit_id IS DISTINCT FROM p_visit
                              AND v.state = 'held' AND v.expires_at <= p_now ORDER BY v.visit_id), '{}');
END
$$;

-- How many units of a pool are free over the whole interval. Usage only rises where a claim starts and capacity only
-- falls where a step starts, so these instants and the interval's own start are enough to look at.
CREATE FUNCTION pool_room(p_tenant uuid, p_now timestamptz, p_resource uuid, p_scope pool_scope, p_from timestamptz,
                          p_to timestamptz) RETURNS integer LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_room integer;
    v_used integer;
BEGIN
    IF p_scope = 'same_slot' THEN
        SELECT coalesce(sum(c.units), 0) INTO v_used
          FROM claim c
         WHERE c.tenant_id = p_tenant AND c.resource_id = p_resource AND c.live AND c.ends_at = p_to
           AND c.starts_at = p_from AND c.mode = 'pooled' AND (c.expires_at IS NULL OR c.expires_at > p_now);
        RETURN pool_capacity(p_tenant, p_resource, p_from, p_to) - v_used;
    END IF;
    WITH busy AS MATERIALIZED (
        SELECT c.starts_at, c.ends_at, c.units
          FROM claim c
         WHERE c.tenant_id = p_tenant AND c.resource_id = p_resource AND c.live AND c.mode = 'pooled'
           AND c.ends_at > p_from AND c.ends_at < p_to + interval '24 hours' AND c.starts_at < p_to
           AND (c.expires_at IS NULL OR c.expires_at > p_now)
    ), instants AS (
        SELECT p_from AS at
        UNION SELECT b.starts_at FROM busy b WHERE b.starts_at > p_from
        UNION SELECT s.starts_at FROM capacity_step s
               WHERE s.tenant_id = p_tenant AND s.resource_id = p_resource AND s.starts_at > p_from AND s.starts_at < p_to
    )
    SELECT min(pool_capacity(p_tenant, p_resource, i.at, i.at)
               - (SELECT coalesce(sum(b.units), 0) FROM busy b WHERE b.starts_at <= i.at AND b.ends_at > i.at))
      INTO v_room
      FROM instants i;
    RETURN v_room;
END
$$;

-- The least capacity of a pool within the interval; with one instant twice, the capacity at that instant.
CREATE FUNCTION pool_capacity(p_tenant uuid, p_resource uuid, p_from timestamptz, p_to timestamptz)
RETURNS integer LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_at_start integer;
    v_least integer;
BEGIN
    SELECT s.capacity INTO v_at_start
      FROM capacity_step s
     WHERE s.tenant_id = p_tenant AND s.resource_id = p_resource AND s.starts_at <= p_from
     ORDER BY s.starts_at DESC LIMIT 1;
    IF p_from = p_to THEN
        RETURN coalesce(v_at_start, 0);
    END IF;
    SELECT min(s.capacity) INTO v_least
      FROM capacity_step s
     WHERE s.tenant_id = p_tenant AND s.resource_id = p_resource AND s.starts_at > p_from AND s.starts_at < p_to;
    RETURN least(coalesce(v_at_start, 0), v_least);
END
$$;

-- What a pool is locked by while it is counted: one counted by slot is fought over slot by slot, any other as a whole.
CREATE FUNCTION pool_key(p_claim asked_claim) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN uuid_hash_extended(p_claim.resource_id, CASE p_claim.scope
        WHEN 'same_slot' THEN extract(epoch FROM p_claim.starts_at)::bigint ELSE 2 END);
END
$$;

CREATE FUNCTION pools_lock(p_asked asked_claim[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_claim asked_claim;
    v_keys bigint[];
BEGIN
    FOREACH v_claim IN ARRAY p_asked LOOP
        IF v_claim.kind = 'pool' THEN
            v_keys := v_keys || pool_key(v_claim);
        END IF;
    END LOOP;
    IF cardinality(v_keys) = 1 THEN
        PERFORM pg_advisory_xact_lock(v_keys[1]);
    ELSIF v_keys IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(k.key) FROM (SELECT DISTINCT u.key FROM unnest(v_keys) AS u (key) ORDER BY 1) AS k;
    END IF;
END
$$;

-- Take one claim for a visit; false where there is no room. An unknown resource has no kind and no room.
CREATE FUNCTION claim_take(p_tenant uuid, p_now timestamptz, p_visit uuid, p_claim asked_claim, p_claim_id uuid,
                           p_expires timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF p_claim.kind IS NULL
       OR (p_claim.kind = 'pool' AND p_claim.units > pool_room(p_tenant, p_now, p_claim.resource_id, p_claim.scope,
                                                               p_claim.starts_at, p_claim.ends_at)) THEN
        RETURN false;
    END IF;
    -- ON CONFLICT, because two plain inserts that exclude each other deadlock.
    INSERT INTO claim (tenant_id, visit_id, claim_id, item_id, resource_id, starts_at, ends_at, units, mode, expires_at)
    VALUES (p_tenant, p_visit, p_claim_id, p_claim.item_id, p_claim.resource_id, p_claim.starts_at, p_claim.ends_at,
            p_claim.units, CASE p_claim.kind WHEN 'pool' THEN 'pooled' ELSE 'exclusive' END::claim_mode, p_expires)
    ON CONFLICT DO NOTHING;
    RETURN FOUND;
END
$$;

-- Free what leaves and take what is asked, all of it or nothing; then take in who was overbooked beside what left, the
-- asked before them and the oldest of them first. The visits are locked. With `p_overbook`, a claim without room is
-- taken outside constraint and count.
CREATE FUNCTION claims_exchange(p_tenant uuid, p_now timestamptz, p_visit uuid, p_leaving uuid[], p_asked asked_claim[],
                                p_expires timestamptz, p_overbook boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_work asked_claim[] := p_asked;
    v_claim asked_claim;
    v_touched uuid[];
BEGIN
    IF p_leaving IS NOT NULL THEN
        v_work := array(
            SELECT w::asked_claim
              FROM (SELECT a.* FROM unnest(p_asked) AS a
                    UNION SELECT b.* FROM claims_beside(p_tenant, p_now, p_leaving) AS b) AS w
             ORDER BY w.resource_id,
                      (SELECT v.created_at FROM visit v
                        WHERE v.tenant_id = p_tenant AND v.visit_id = w.shadow_of) NULLS FIRST,
                      w.starts_at, w.claim_id);
        PERFORM pools_lock(v_work);
        WITH freed AS (
            UPDATE claim c SET live = false WHERE c.tenant_id = p_tenant AND c.visit_id = ANY (p_leaving) AND c.live
            RETURNING c.resource_id
        )
        SELECT array_agg(DISTINCT f.resource_id) INTO v_touched FROM freed f;
    ELSE
        PERFORM pools_lock(v_work);
    END IF;
    FOREACH v_claim IN ARRAY coalesce(v_work, '{}') LOOP
        v_touched := v_touched || v_claim.resource_id;
        IF v_claim.shadow_of IS NOT NULL THEN
            -- A copy takes its place: an update against an exclusion constraint could not give way.
            IF claim_take(p_tenant, p_now, v_claim.shadow_of, v_claim, gen_random_uuid(), v_claim.expires_at) THEN
                UPDATE claim c SET live = false
                 WHERE c.tenant_id = p_tenant AND c.visit_id = v_claim.shadow_of AND c.claim_id = v_claim.claim_id;
            END IF;
        ELSIF NOT claim_take(p_tenant, p_now, p_visit, v_claim, v_claim.claim_id, p_expires) THEN
            IF v_claim.kind IS NULL OR NOT p_overbook THEN
                PERFORM refuse('slot_taken');
            END IF;
            INSERT INTO claim (tenant_id, visit_id, claim_id, item_id, resource_id, starts_at, ends_at, units, mode, expires_at)
            VALUES (p_tenant, p_visit, v_claim.claim_id, v_claim.item_id, v_claim.resource_id, v_claim.starts_at,
                    v_claim.ends_at, v_claim.units, 'overbooked', p_expires);
        END IF;
    END LOOP;
    PERFORM resources_moved(p_tenant, v_touched);
END
$$;

-- The versions of these resources, one step on: the last thing a transaction does, since all who come wait for it here.
CREATE FUNCTION resources_moved(p_tenant uuid, p_resources uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_resource uuid;
BEGIN
    IF cardinality(p_resources) > 1 THEN
        p_resources := array(SELECT DISTINCT u.id FROM unnest(p_resources) AS u (id) ORDER BY 1);
    END IF;
    FOREACH v_resource IN ARRAY coalesce(p_resources, '{}') LOOP
        INSERT INTO resource_version AS v (tenant_id, resource_id, stripe, version)
        VALUES (p_tenant, v_resource, pg_backend_pid() % 32, 1)
        ON CONFLICT (tenant_id, resource_id, stripe) DO UPDATE SET version = v.version + 1;
    END LOOP;
END
$$;
