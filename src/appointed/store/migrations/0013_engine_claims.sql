-- Claims of several visits in one call, claims of others that make room, and limits per customer. Locks are taken in one
-- order everywhere: request key, catalogue, customers by key, visits by id, pools by key, claims by resource, versions by
-- resource.

-- A claim to be taken for `visit_id`; without a visit, for the one that the call is about. `capacity` stands in for the
-- pool's own over the whole claim. One that `leaves` is there already and is to be freed; one that `moved` comes from
-- another resource, and is never overbooked.
ALTER TYPE asked_claim
    ADD ATTRIBUTE visit_id uuid,
    ADD ATTRIBUTE role smallint,
    ADD ATTRIBUTE named boolean,
    ADD ATTRIBUTE capacity integer,
    ADD ATTRIBUTE leaves boolean,
    ADD ATTRIBUTE moved boolean;

-- A claim of another visit that goes, at its own time, from one exclusive resource to another.
CREATE TYPE asked_move AS (visit_id uuid, claim_id uuid, from_resource uuid, to_resource uuid);

-- At most `most` live visits of the customer that start in the interval, `visit_id` among them.
CREATE TYPE asked_limit AS (visit_id uuid, customer text, service_id uuid, starts_at timestamptz, ends_at timestamptz,
                            most integer);

-- The claims of a call, in the order in which everybody takes them.
CREATE OR REPLACE FUNCTION claims_asked(p_tenant uuid, p_claims json) RETURNS asked_claim[] LANGUAGE plpgsql STABLE AS $$
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

-- The claims that are to move, and what is asked in their place: a copy on the other resource. Refused where one of them
-- is not what the decision took it for. Asked twice: before the visits are locked, to know what else to lock, and under
-- the locks.
CREATE FUNCTION claims_moving(p_tenant uuid, p_now timestamptz, p_visit uuid, p_moves asked_move[],
                              OUT leaving claim[], OUT asked asked_claim[]) LANGUAGE plpgsql AS $$
DECLARE
    v_move asked_move;
    v_claim claim;
    v_copy asked_claim;
BEGIN
    FOREACH v_move IN ARRAY p_moves LOOP
        SELECT c.* INTO v_claim
          FROM claim c
         WHERE c.tenant_id = p_tenant AND c.visit_id = v_move.visit_id AND c.claim_id = v_move.claim_id;
        IF NOT FOUND OR NOT v_claim.live OR v_claim.mode <> 'exclusive' OR v_claim.named
           OR v_claim.resource_id <> v_move.from_resource OR v_claim.expires_at <= p_now OR v_claim.visit_id = p_visit THEN
            PERFORM refuse('slot_taken');
        END IF;
        v_copy := NULL;
        SELECT r.kind, r.scope INTO v_copy.kind, v_copy.scope
          FROM resource r
         WHERE r.tenant_id = p_tenant AND r.resource_id = v_move.to_resource AND r.kind = 'exclusive';
        v_copy.visit_id := v_claim.visit_id;
        v_copy.claim_id := gen_random_uuid();
        v_copy.item_id := v_claim.item_id;
        v_copy.resource_id := v_move.to_resource;
        v_copy.starts_at := v_claim.starts_at;
        v_copy.ends_at := v_claim.ends_at;
        v_copy.units := v_claim.units;
        v_copy.role := v_claim.role;
        v_copy.named := v_claim.named;
        v_copy.expires_at := v_claim.expires_at;
        v_copy.moved := true;
        leaving := leaving || v_claim;
        asked := asked || v_copy;
    END LOOP;
END
$$;

-- What stands in the way of the claims asked for: the visits among them that lapsed, and whether an exclusive resource
-- is taken for good. `p_visit` is the visit that asks, whose own claims are not in its way, and neither are those that
-- leave. One look-up a claim, with plain values: a join would leave the planner a choice that it makes badly on a young
-- table.
DROP FUNCTION claims_in_the_way(uuid, timestamptz, uuid, asked_claim[]);
CREATE FUNCTION claims_in_the_way(p_tenant uuid, p_now timestamptz, p_visit uuid, p_asked asked_claim[], p_leaving claim[],
                                  OUT lapsed uuid[], OUT taken boolean) LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_claim asked_claim;
    v_bound timestamptz;
    v_visit uuid;
    v_id uuid;
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
        FOR v_visit, v_id, v_mode, v_expires IN
            SELECT c.visit_id, c.claim_id, c.mode, c.expires_at FROM claim c
             WHERE c.tenant_id = p_tenant AND c.resource_id = v_claim.resource_id AND c.live
               AND c.ends_at > v_claim.starts_at AND c.ends_at < v_bound AND c.starts_at < v_claim.ends_at
               AND c.visit_id IS DISTINCT FROM p_visit
        LOOP
            IF v_expires <= p_now THEN
                lapsed := lapsed || v_visit;
            ELSIF v_mode = 'exclusive' AND NOT claim_leaves(v_id, p_leaving) THEN
                taken := true;
            END IF;
        END LOOP;
    END LOOP;
END
$$;

CREATE FUNCTION claim_leaves(p_claim uuid, p_leaving claim[]) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    v_leaving claim;
BEGIN
    FOREACH v_leaving IN ARRAY coalesce(p_leaving, '{}') LOOP
        IF v_leaving.claim_id = p_claim THEN
            RETURN true;
        END IF;
    END LOOP;
    RETURN false;
END
$$;

-- The live claims of these visits and these others, which are to leave, and the live overbooked claims beside them: who
-- could be taken in then.
DROP FUNCTION claims_beside(uuid, timestamptz, uuid[]);
CREATE FUNCTION claims_leaving(p_tenant uuid, p_now timestamptz, p_visits uuid[], p_leaving claim[]) RETURNS SETOF asked_claim
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_leaving claim[] := p_leaving;
    v_claim claim;
    v_bound timestamptz;
BEGIN
    IF p_visits IS NOT NULL THEN
        v_leaving := v_leaving || array(SELECT c FROM claim c
                                         WHERE c.tenant_id = p_tenant AND c.visit_id = ANY (p_visits) AND c.live);
    END IF;
    FOREACH v_claim IN ARRAY coalesce(v_leaving, '{}') LOOP
        RETURN NEXT ROW(v_claim.claim_id, NULL, v_claim.resource_id, v_claim.starts_at, v_claim.ends_at, v_claim.units,
                        NULL, NULL, NULL, NULL, v_claim.visit_id, NULL, NULL, NULL, true, false)::asked_claim;
        v_bound := v_claim.ends_at + interval '24 hours';
        RETURN QUERY
        SELECT c.claim_id, c.item_id, c.resource_id, c.starts_at, c.ends_at, c.units, r.kind, r.scope, c.visit_id,
               c.expires_at, c.visit_id, c.role, c.named, NULL::integer, false, false
          FROM claim c JOIN resource r ON r.tenant_id = p_tenant AND r.resource_id = v_claim.resource_id
         WHERE c.tenant_id = p_tenant AND c.resource_id = v_claim.resource_id AND c.live AND c.mode = 'overbooked'
           AND c.ends_at > v_claim.starts_at AND c.ends_at < v_bound AND c.starts_at < v_claim.ends_at
           AND c.visit_id <> ALL (coalesce(p_visits, '{}')) AND (c.expires_at IS NULL OR c.expires_at > p_now);
    END LOOP;
END
$$;

-- Lock, in the order of their ids, every visit that this transaction may change: `p_visit` itself, those that leave or
-- that a claim leaves, the lapsed ones in the way of what is asked, and the overbooked ones beside them. Tells which of
-- them did lapse.
DROP FUNCTION visits_lock(uuid, timestamptz, uuid, uuid[], asked_claim[]);
CREATE FUNCTION visits_lock(p_tenant uuid, p_now timestamptz, p_visit uuid, p_visits uuid[], p_asked asked_claim[],
                            p_leaving claim[], OUT lapsed uuid[], OUT taken boolean) LANGUAGE plpgsql AS $$
DECLARE
    v_way record;
    v_visits uuid[] := p_visits;
BEGIN
    taken := false;
    IF p_asked IS NOT NULL THEN
        v_way := claims_in_the_way(p_tenant, p_now, p_visit, p_asked, p_leaving);
        taken := v_way.taken;
        v_visits := v_visits || v_way.lapsed;
    END IF;
    IF v_visits IS NULL AND p_leaving IS NULL THEN
        RETURN;
    END IF;
    v_visits := v_visits || array(SELECT l.visit_id FROM claims_leaving(p_tenant, p_now, v_visits, p_leaving) AS l);
    PERFORM 1 FROM visit v WHERE v.tenant_id = p_tenant AND v.visit_id = ANY (v_visits) ORDER BY v.visit_id FOR UPDATE;
    lapsed := nullif(array(SELECT v.visit_id FROM visit v
                            WHERE v.tenant_id = p_tenant AND v.visit_id = ANY (v_visits) AND v.visit_id IS DISTINCT FROM p_visit
                              AND v.state = 'held' AND v.expires_at <= p_now ORDER BY v.visit_id), '{}');
END
$$;

-- How many units of a pool are free over the whole interval, of its own capacity or of `p_capacity` in its place. Usage
-- only rises where a claim starts and capacity only falls where a step starts, so these instants and the interval's own
-- start are enough to look at.
DROP FUNCTION pool_room(uuid, timestamptz, uuid, pool_scope, timestamptz, timestamptz);
CREATE FUNCTION pool_room(p_tenant uuid, p_now timestamptz, p_resource uuid, p_scope pool_scope, p_from timestamptz,
                          p_to timestamptz, p_capacity integer DEFAULT NULL) RETURNS integer LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_room integer;
    v_used integer;
BEGIN
    IF p_scope = 'same_slot' THEN
        SELECT coalesce(sum(c.units), 0) INTO v_used
          FROM claim c
         WHERE c.tenant_id = p_tenant AND c.resource_id = p_resource AND c.live AND c.ends_at = p_to
           AND c.starts_at = p_from AND c.mode = 'pooled' AND (c.expires_at IS NULL OR c.expires_at > p_now);
        RETURN coalesce(p_capacity, pool_capacity(p_tenant, p_resource, p_from, p_to)) - v_used;
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
                 AND p_capacity IS NULL
    )
    SELECT min(coalesce(p_capacity, pool_capacity(p_tenant, p_resource, i.at, i.at))
               - (SELECT coalesce(sum(b.units), 0) FROM busy b WHERE b.starts_at <= i.at AND b.ends_at > i.at))
      INTO v_room
      FROM instants i;
    RETURN v_room;
END
$$;

-- Take one claim for a visit; false where there is no room. An unknown resource has no kind and no room.
CREATE OR REPLACE FUNCTION claim_take(p_tenant uuid, p_now timestamptz, p_visit uuid, p_claim asked_claim, p_claim_id uuid,
                                      p_expires timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF p_claim.kind IS NULL
       OR (p_claim.kind = 'pool' AND p_claim.units > pool_room(p_tenant, p_now, p_claim.resource_id, p_claim.scope,
                                                               p_claim.starts_at, p_claim.ends_at, p_claim.capacity)) THEN
        RETURN false;
    END IF;
    -- ON CONFLICT, because two plain inserts that exclude each other deadlock.
    INSERT INTO claim (tenant_id, visit_id, claim_id, item_id, resource_id, starts_at, ends_at, units, mode, expires_at,
                       role, named)
    VALUES (p_tenant, p_visit, p_claim_id, p_claim.item_id, p_claim.resource_id, p_claim.starts_at, p_claim.ends_at,
            p_claim.units, CASE p_claim.kind WHEN 'pool' THEN 'pooled' ELSE 'exclusive' END::claim_mode, p_expires,
            coalesce(p_claim.role, 0), coalesce(p_claim.named, false))
    ON CONFLICT DO NOTHING;
    RETURN FOUND;
END
$$;

-- Free what leaves and take what is asked, all of it or nothing; then take in who was overbooked beside what left, the
-- asked before them and the oldest of them first. The visits are locked. With `p_overbook`, a claim of the visits that ask
-- without room is taken outside constraint and count. Resource by resource: who waits for a claim that is being freed
-- holds none on a later resource, and so keeps nobody waiting who frees one.
DROP FUNCTION claims_exchange(uuid, timestamptz, uuid, uuid[], asked_claim[], timestamptz, boolean);
CREATE FUNCTION claims_exchange(p_tenant uuid, p_now timestamptz, p_visit uuid, p_visits uuid[], p_leaving claim[],
                                p_asked asked_claim[], p_expires timestamptz, p_overbook boolean)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_work asked_claim[] := p_asked;
    v_claim asked_claim;
    v_visit uuid;
    v_expires timestamptz;
    v_touched uuid[];
BEGIN
    IF p_visits IS NOT NULL OR p_leaving IS NOT NULL THEN
        v_work := array(
            SELECT w::asked_claim
              FROM (SELECT a.* FROM unnest(p_asked) AS a
                    UNION SELECT l.* FROM claims_leaving(p_tenant, p_now, p_visits, p_leaving) AS l) AS w
             ORDER BY w.resource_id, w.leaves IS NOT TRUE,
                      (SELECT v.created_at FROM visit v
                        WHERE v.tenant_id = p_tenant AND v.visit_id = w.shadow_of) NULLS FIRST,
                      w.starts_at, w.claim_id);
    END IF;
    PERFORM pools_lock(v_work);
    FOREACH v_claim IN ARRAY coalesce(v_work, '{}') LOOP
        v_touched := v_touched || v_claim.resource_id;
        IF v_claim.leaves THEN
            UPDATE claim c SET live = false
             WHERE c.tenant_id = p_tenant AND c.visit_id = v_claim.visit_id AND c.claim_id = v_claim.claim_id;
        ELSIF v_claim.shadow_of IS NOT NULL THEN
            -- A copy takes its place: an update against an exclusion constraint could not give way.
            IF claim_take(p_tenant, p_now, v_claim.shadow_of, v_claim, gen_random_uuid(), v_claim.expires_at) THEN
                UPDATE claim c SET live = false
                 WHERE c.tenant_id = p_tenant AND c.visit_id = v_claim.shadow_of AND c.claim_id = v_claim.claim_id;
            END IF;
        ELSE
            v_visit := coalesce(v_claim.visit_id, p_visit);
            v_expires := CASE WHEN v_claim.visit_id IS NULL THEN p_expires ELSE v_claim.expires_at END;
            CONTINUE WHEN claim_take(p_tenant, p_now, v_visit, v_claim, v_claim.claim_id, v_expires);
            IF v_claim.kind IS NULL OR NOT p_overbook OR v_claim.moved THEN
                PERFORM refuse('slot_taken');
            END IF;
            INSERT INTO claim (tenant_id, visit_id, claim_id, item_id, resource_id, starts_at, ends_at, units, mode,
                               expires_at, role, named)
            VALUES (p_tenant, v_visit, v_claim.claim_id, v_claim.item_id, v_claim.resource_id, v_claim.starts_at,
                    v_claim.ends_at, v_claim.units, 'overbooked', v_expires, coalesce(v_claim.role, 0),
                    coalesce(v_claim.named, false));
        END IF;
    END LOOP;
    PERFORM resources_moved(p_tenant, v_touched);
END
$$;

-- Whoever counts the visits of one of these customers waits for the others who do.
CREATE FUNCTION customers_lock(p_tenant uuid, p_limits asked_limit[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(k.key)
       FROM (SELECT DISTINCT hashtextextended(p_tenant::text || l.customer, 4) AS key FROM unnest(p_limits) AS l ORDER BY 1) AS k;
END
$$;

-- Refuse where a customer has, beside the visit itself, as many as the limit allows. Called once the visits are written,
-- so that those of one call count each other.
CREATE FUNCTION customers_check(p_tenant uuid, p_now timestamptz, p_limits asked_limit[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_limit asked_limit;
BEGIN
    FOREACH v_limit IN ARRAY p_limits LOOP
        IF v_limit.most <= (
            SELECT count(*) FROM visit v
             WHERE v.tenant_id = p_tenant AND v.customer_key = v_limit.customer AND v.visit_id <> v_limit.visit_id
               AND visit_stands(v.state, v.expires_at, p_now)
               AND (SELECT count(*) FROM item i
                     WHERE i.tenant_id = p_tenant AND i.visit_id = v.visit_id AND i.service_id = v_limit.service_id
                       AND i.starts_at >= v_limit.starts_at AND i.starts_at < v_limit.ends_at) > 0) THEN
            PERFORM refuse('customer_limit', json_build_object('limit', v_limit.most));
        END IF;
    END LOOP;
END
$$;

-- As whom these limits know the customer of a visit; null where none is about it.
CREATE FUNCTION customer_of(p_visit uuid, p_limits asked_limit[]) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    v_limit asked_limit;
BEGIN
    FOREACH v_limit IN ARRAY coalesce(p_limits, '{}') LOOP
        IF v_limit.visit_id = p_visit THEN
            RETURN v_limit.customer;
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;

-- The versions of these resources, one step on: the last thing a transaction does, since who comes later may wait for it
-- here. Each reader adds the stripes up, and pays for their number.
CREATE OR REPLACE FUNCTION resources_moved(p_tenant uuid, p_resources uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_resource uuid;
BEGIN
    IF cardinality(p_resources) > 1 THEN
        p_resources := array(SELECT DISTINCT u.id FROM unnest(p_resources) AS u (id) ORDER BY 1);
    END IF;
    FOREACH v_resource IN ARRAY coalesce(p_resources, '{}') LOOP
        INSERT INTO resource_version AS v (tenant_id, resource_id, stripe, version)
        VALUES (p_tenant, v_resource, pg_backend_pid() % 8, 1)
        ON CONFLICT (tenant_id, resource_id, stripe) DO UPDATE SET version = v.version + 1;
    END LOOP;
END
$$;
