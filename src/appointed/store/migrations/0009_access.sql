-- One predicate on every table, and what the serving role may do. Events are appended, never
-- changed, and nobody who serves takes a visit away.

DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['tenant', 'credential', 'sandbox_clock', 'branch', 'opening_hours', 'resource',
        'capacity_step', 'service', 'service_resource', 'visit_group', 'visit', 'item', 'claim', 'resource_version',
        'event', 'idempotency']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', v_table);
        EXECUTE format('CREATE POLICY of_tenant ON %I USING (tenant_id = nullif(current_setting(''appointed.tenant'', true), '''')::uuid)', v_table);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO appointed_app', v_table);
        IF v_table <> 'event' THEN
            EXECUTE format('GRANT UPDATE ON %I TO appointed_app', v_table);
        END IF;
        IF v_table NOT IN ('event', 'visit', 'visit_group', 'item', 'claim', 'tenant') THEN
            EXECUTE format('GRANT DELETE ON %I TO appointed_app', v_table);
        END IF;
    END LOOP;
END
$$;

CREATE TRIGGER branch_stays BEFORE DELETE ON branch FOR EACH ROW EXECUTE FUNCTION keep_while_used();
CREATE TRIGGER service_stays BEFORE DELETE ON service FOR EACH ROW EXECUTE FUNCTION keep_while_used();
CREATE TRIGGER resource_stays BEFORE DELETE ON resource FOR EACH ROW EXECUTE FUNCTION keep_while_used();

GRANT SELECT ON event_epoch TO appointed_app;
REVOKE ALL ON FUNCTION identify(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identify(bytea) TO appointed_app;
