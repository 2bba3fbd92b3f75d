-- What a change of the catalogue and of a sandbox's clock may not do.

-- Refuse where the live claims on a resource no longer fit what the catalogue says of it. Called after a change, under
-- the catalogue's lock. `p_kind` and `p_scope` are what it was before.
CREATE FUNCTION resource_check(p_tenant uuid, p_now timestamptz, p_resource uuid, p_kind resource_kind, p_scope pool_scope)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_resource resource;
BEGIN
    SELECT r.* INTO v_resource FROM resource r WHERE r.tenant_id = p_tenant AND r.resource_id = p_resource;
    IF EXISTS (SELECT FROM claim c
                WHERE c.tenant_id = p_tenant AND c.resource_id = p_resource AND c.live AND c.ends_at > p_now
                  AND (c.expires_at IS NULL OR c.expires_at > p_now)
                  AND (v_resource.kind <> p_kind OR v_resource.scope <> p_scope
                       OR (c.mode = 'pooled' AND pool_room(p_tenant, p_now, p_resource, v_resource.scope,
                                                           c.starts_at, c.ends_at) < 0))) THEN
        PERFORM refuse('resource_in_use', json_build_object('resource', p_resource));
    END IF;
END
$$;

-- A sandbox as new: no visits, no events, no outcomes, its clock at `p_instant`. On any other tenant refused.
CREATE FUNCTION sandbox_reset(p_tenant uuid, p_instant timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = appointed, pg_temp AS $$
BEGIN
    IF p_tenant IS DISTINCT FROM nullif(current_setting('appointed.tenant', true), '')::uuid
       OR NOT EXISTS (SELECT FROM tenant t WHERE t.tenant_id = p_tenant AND t.sandbox) THEN
        PERFORM refuse('not_a_sandbox');
    END IF;
    PERFORM catalog_lock(p_tenant);
    DELETE FROM visit v WHERE v.tenant_id = p_tenant;
    DELETE FROM visit_group g WHERE g.tenant_id = p_tenant;
    DELETE FROM idempotency o WHERE o.tenant_id = p_tenant;
    UPDATE resource_version v SET version = v.version + 1 WHERE v.tenant_id = p_tenant;
    INSERT INTO sandbox_clock AS c (tenant_id, instant) VALUES (p_tenant, p_instant)
    ON CONFLICT (tenant_id) DO UPDATE SET instant = excluded.instant, running_since = NULL;
END
$$;

REVOKE ALL ON FUNCTION sandbox_reset(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sandbox_reset(uuid, timestamptz) TO appointed_app;
