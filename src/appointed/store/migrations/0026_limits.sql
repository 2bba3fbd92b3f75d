-- What one service may take, so that no question about it takes long: `core/plan.py` has the same numbers. Each of the
-- resources that it takes is asked about by itself, so all of a service's together are limited, too.
ALTER TABLE service_role
    ADD CONSTRAINT service_role_few CHECK (role BETWEEN 0 AND 19),
    ADD CONSTRAINT service_role_count_small CHECK (count <= 50),
    ADD CONSTRAINT service_role_units_small CHECK (units <= 10000);
