-- The one call that changes a visit, and what makes its answer the same when it is made again.

CREATE FUNCTION visit_enact(p_tenant uuid, p_now timestamptz, p_actor text, p_verb text, p_args json)
RETURNS json LANGUAGE plpgsql AS $$
BEGIN
    CASE p_verb
        WHEN 'hold' THEN RETURN visit_hold(p_tenant, p_now, p_actor, p_args);
        WHEN 'confirm' THEN PERFORM visit_confirm(p_tenant, p_now, p_actor, p_args);
        WHEN 'end' THEN PERFORM visit_end(p_tenant, p_now, p_actor, p_args);
        WHEN 'move' THEN PERFORM visit_move(p_tenant, p_now, p_actor, p_args);
    END CASE;
    RETURN visit_as_json(p_tenant, (p_args ->> 'visit_id')::uuid);
END
$$;

-- The outcome stored for a request within its lifetime; null where there is none. Two copies of a request queue here, so
-- that a plain insert may keep the outcome of the first.
CREATE FUNCTION outcome_recall(p_tenant uuid, p_now timestamptz, p_request uuid, p_fingerprint uuid)
RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_outcome json;
    v_fingerprint uuid;
    v_expires timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock(uuid_hash_extended(p_request, 3));
    SELECT o.outcome, o.fingerprint, o.expires_at INTO v_outcome, v_fingerprint, v_expires
      FROM idempotency o WHERE o.tenant_id = p_tenant AND o.request = p_request;
    IF v_expires <= p_now THEN
        DELETE FROM idempotency o WHERE o.tenant_id = p_tenant AND o.request = p_request;
        RETURN NULL;
    END IF;
    IF v_fingerprint <> p_fingerprint THEN
        PERFORM refuse('key_reused');
    END IF;
    RETURN v_outcome;
END
$$;

CREATE FUNCTION outcome_keep(p_tenant uuid, p_now timestamptz, p_request uuid, p_fingerprint uuid, p_outcome json)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO idempotency (tenant_id, request, fingerprint, outcome, expires_at)
    VALUES (p_tenant, p_request, p_fingerprint, p_outcome, p_now + interval '24 hours');
END
$$;

-- Change a visit and answer {"visit": ...}. Without a request key a refusal is raised (SQLSTATE AP001: the message is its
-- code, the detail its facts). With one the outcome is kept, a refusal too, as {"refusal": {"code", "facts"}}.
-- Never kept are refusals that only say that the caller's facts were old, and a place lost among others to choose from.
CREATE FUNCTION visit_perform(p_tenant uuid, p_now timestamptz, p_actor text, p_verb text, p_args json,
                              p_request uuid, p_fingerprint uuid) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_outcome json;
    v_code text;
    v_facts text;
BEGIN
    PERFORM set_config('appointed.tenant', p_tenant::text, true);
    IF p_request IS NULL THEN
        RETURN json_build_object('visit', visit_enact(p_tenant, p_now, p_actor, p_verb, p_args));
    END IF;
    v_outcome := outcome_recall(p_tenant, p_now, p_request, p_fingerprint);
    IF v_outcome IS NOT NULL THEN
        RETURN v_outcome;
    END IF;
    BEGIN
        v_outcome := json_build_object('visit', visit_enact(p_tenant, p_now, p_actor, p_verb, p_args));
    EXCEPTION WHEN SQLSTATE 'AP001' THEN
        GET STACKED DIAGNOSTICS v_code = MESSAGE_TEXT, v_facts = PG_EXCEPTION_DETAIL;
        IF v_code IN ('catalog_moved', 'visit_moved') OR (v_code = 'slot_taken' AND p_args ->> 'choice' = 'true') THEN
            RAISE;
        END IF;
        v_outcome := json_build_object('refusal', json_build_object('code', v_code, 'facts', v_facts::json));
    END;
    PERFORM outcome_keep(p_tenant, p_now, p_request, p_fingerprint, v_outcome);
    RETURN v_outcome;
END
$$;

-- Keep a refusal that was decided outside, unless the request has an outcome already; answer the one that counts.
CREATE FUNCTION outcome_settle(p_tenant uuid, p_now timestamptz, p_request uuid, p_fingerprint uuid, p_outcome json)
RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    v_outcome json;
BEGIN
    PERFORM set_config('appointed.tenant', p_tenant::text, true);
    v_outcome := outcome_recall(p_tenant, p_now, p_request, p_fingerprint);
    IF v_outcome IS NULL THEN
        PERFORM outcome_keep(p_tenant, p_now, p_request, p_fingerprint, p_outcome);
        v_outcome := p_outcome;
    END IF;
    RETURN v_outcome;
END
$$;

-- Tidy up to `p_limit` lapsed holds of a tenant, and as many outcomes that nobody can ask for again. Tells how many holds
-- it ended. No promise depends on it: a lapsed hold is free already. A bitmap would read all that is due to find
-- the few that are wanted.
CREATE FUNCTION lapse(p_tenant uuid, p_now timestamptz, p_limit integer) RETURNS integer LANGUAGE plpgsql
SET enable_bitmapscan = off AS $$
DECLARE
    v_due uuid[];
    v_lapsed uuid[];
    v_request uuid;
BEGIN
    PERFORM set_config('appointed.tenant', p_tenant::text, true);
    PERFORM catalog_share(p_tenant);
    v_due := array(SELECT v.visit_id FROM visit v
                    WHERE v.tenant_id = p_tenant AND v.state = 'held' AND v.expires_at <= p_now
                    ORDER BY v.expires_at LIMIT p_limit);
    SELECT l.lapsed INTO v_lapsed FROM visits_lock(p_tenant, p_now, NULL, nullif(v_due, '{}'), NULL) AS l;
    PERFORM visits_expire(p_tenant, p_now, v_lapsed);
    IF v_lapsed IS NOT NULL THEN
        PERFORM claims_exchange(p_tenant, p_now, NULL, v_lapsed, NULL, NULL, false);
    END IF;
    FOR v_request IN
        SELECT o.request FROM idempotency o WHERE o.tenant_id = p_tenant AND o.expires_at <= p_now
         ORDER BY o.expires_at LIMIT p_limit
    LOOP
        DELETE FROM idempotency o WHERE o.tenant_id = p_tenant AND o.request = v_request;
    END LOOP;
    RETURN coalesce(cardinality(v_lapsed), 0);
END
$$;
