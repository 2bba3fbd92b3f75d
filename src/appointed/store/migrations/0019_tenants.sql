-- Which of these branches, services and resources a visit ever used; called under the catalogue's lock.
CREATE FUNCTION catalog_used(p_tenant uuid, p_branches uuid[], p_resources uuid[], p_services uuid[]) RETURNS SETOF uuid
LANGUAGE sql STABLE AS $$
    SELECT u.id FROM unnest(p_branches) AS u (id)
     WHERE EXISTS (SELECT FROM visit v WHERE v.tenant_id = p_tenant AND v.branch_id = u.id)
    UNION ALL
    SELECT u.id FROM unnest(p_resources) AS u (id)
     WHERE EXISTS (SELECT FROM claim c WHERE c.tenant_id = p_tenant AND c.resource_id = u.id)
    UNION ALL
    SELECT u.id FROM unnest(p_services) AS u (id)
     WHERE EXISTS (SELECT FROM item i WHERE i.tenant_id = p_tenant AND i.service_id = u.id)
$$;
