-- The role of the worker: it learns which tenants have something due, and nothing else of anybody.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'appointed_worker') THEN
        CREATE ROLE appointed_worker NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
    END IF;
    -- To be a member is not enough since PostgreSQL 16, which asks apart whether one may set the role.
    BEGIN
        SET LOCAL ROLE appointed_worker;
        RESET ROLE;
    EXCEPTION WHEN insufficient_privilege THEN
        EXECUTE format('GRANT appointed_worker TO %I', session_user);
    END;
END
$$;

GRANT USAGE ON SCHEMA appointed TO appointed_worker;

-- Instants and whose they are; no other column. A hold that never lapses is not even seen.
GRANT SELECT (tenant_id, state, expires_at) ON visit TO appointed_worker;
CREATE POLICY may_lapse ON visit FOR SELECT TO appointed_worker USING (state = 'held' AND expires_at IS NOT NULL);
GRANT SELECT (tenant_id, expires_at) ON idempotency TO appointed_worker;
CREATE POLICY may_go ON idempotency FOR SELECT TO appointed_worker USING (true);
GRANT SELECT (tenant_id, instant, running_since) ON sandbox_clock TO appointed_worker;
CREATE POLICY tells_the_time ON sandbox_clock FOR SELECT TO appointed_worker USING (true);

-- Up to `p_limit` tenants after `p_after`, in the order of their ids, for whom `lapse` has something to do, each with its
-- own time. It leaps from tenant to tenant through the indexes of what is due, and reads nothing that is not.
CREATE FUNCTION tenants_due(p_now timestamptz, p_after uuid, p_limit integer)
RETURNS TABLE (tenant_id uuid, at timestamptz) LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_found integer := 0;
BEGIN
    tenant_id := p_after;
    WHILE v_found < p_limit LOOP
        tenant_id := least(
            (SELECT v.tenant_id FROM visit v
              WHERE v.tenant_id > tenants_due.tenant_id AND v.state = 'held' AND v.expires_at IS NOT NULL
              ORDER BY v.tenant_id LIMIT 1),
            (SELECT o.tenant_id FROM idempotency o
              WHERE o.tenant_id > tenants_due.tenant_id ORDER BY o.tenant_id LIMIT 1));
        EXIT WHEN tenant_id IS NULL;
        SELECT c.instant + coalesce(p_now - c.running_since, interval '0') INTO at
          FROM sandbox_clock c WHERE c.tenant_id = tenants_due.tenant_id;
        at := coalesce(at, p_now);
        IF EXISTS (SELECT FROM visit v
                    WHERE v.tenant_id = tenants_due.tenant_id AND v.state = 'held' AND v.expires_at <= at)
           OR EXISTS (SELECT FROM idempotency o WHERE o.tenant_id = tenants_due.tenant_id AND o.expires_at <= at) THEN
            v_found := v_found + 1;
            RETURN NEXT;
        END IF;
    END LOOP;
END
$$;

REVOKE ALL ON FUNCTION tenants_due(timestamptz, uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenants_due(timestamptz, uuid, integer) TO appointed_worker;
