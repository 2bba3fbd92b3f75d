-- A service that is shown, and not given to anybody who asks.

ALTER TABLE service ADD COLUMN bookable boolean NOT NULL DEFAULT true;

-- The catalogue as the outside gets it; `store/catalog_rows.py` reads these names.
CREATE OR REPLACE FUNCTION catalog_as_json(p_tenant uuid) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'branches', (SELECT coalesce(json_agg(json_build_object(
                'id', b.branch_id, 'name', b.name, 'time_zone', b.time_zone, 'opening_hours', b.opening_hours)), '[]')
            FROM branch b WHERE b.tenant_id = p_tenant),
        'resources', (SELECT coalesce(json_agg(json_build_object(
                'id', r.resource_id, 'branch_id', r.branch_id, 'name', r.name, 'kind', r.kind, 'scope', r.scope,
                'schedule', r.schedule, 'skills', r.skills, 'traits', r.traits,
                'capacity', (SELECT coalesce(json_agg(json_build_object('starts_at', s.starts_at, 'capacity', s.capacity)
                        ORDER BY s.starts_at), '[]')
                    FROM capacity_step s WHERE s.tenant_id = p_tenant AND s.resource_id = r.resource_id))), '[]')
            FROM resource r WHERE r.tenant_id = p_tenant),
        'services', (SELECT coalesce(json_agg(json_build_object(
                'id', s.service_id, 'branch_id', s.branch_id, 'name', s.name, 'duration_minutes', s.duration_minutes,
                'grid_minutes', s.grid_minutes, 'locale', s.locale, 'required_contact', s.required_contact,
                'party_limit', s.party_limit, 'reminder_minutes', s.reminder_minutes,
                'past_slots_allowed', s.past_slots_allowed, 'anchor', s.anchor,
                'per_extra_person_minutes', s.per_extra_person_minutes, 'party_count', s.party_count,
                'buffer_before_minutes', s.buffer_before_minutes, 'buffer_after_minutes', s.buffer_after_minutes,
                'booking_hours', s.booking_hours, 'lead_time_minutes', s.lead_time_minutes, 'lead_days', s.lead_days,
                'lead_days_business', s.lead_days_business, 'horizon_days', s.horizon_days,
                'horizon_days_business', s.horizon_days_business, 'bookable_from', s.bookable_from,
                'bookable_until', s.bookable_until, 'customer_daily_limit', s.customer_daily_limit,
                'remote_allowed', s.remote_allowed, 'bookable', s.bookable,
                'roles', (SELECT coalesce(json_agg(json_build_object(
                        'resource_ids', array(SELECT x.resource_id FROM service_resource x
                                               WHERE x.tenant_id = p_tenant AND x.service_id = s.service_id AND x.role = g.role
                                               ORDER BY x.preference),
                        'units', g.units, 'count', g.count, 'skills', g.skills, 'interchangeable', g.interchangeable)
                        ORDER BY g.role), '[]')
                    FROM service_role g WHERE g.tenant_id = p_tenant AND g.service_id = s.service_id))), '[]')
            FROM service s WHERE s.tenant_id = p_tenant))
$$;
