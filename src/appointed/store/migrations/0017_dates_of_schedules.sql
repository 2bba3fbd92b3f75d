-- The date of a special day is one, and a closure begins and ends at instants: a schedule in which it is not so would keep
-- its whole catalogue from being read.

-- Whether this is a date of the calendar as the core writes it, of the year 1 or later.
CREATE FUNCTION date_fits(p_date text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN p_date ~ '^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-[0-9]{2}$' THEN
               right(p_date, 2)::integer BETWEEN 1 AND extract(day FROM
                   make_date(left(p_date, 4)::integer, substr(p_date, 6, 2)::integer, 1) + interval '1 month - 1 day')
           ELSE false END
$$;

-- Whether this is an instant as the core writes it: a date, a time and an offset, and so never an infinite one.
CREATE FUNCTION instant_fits(p_instant text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT appointed.date_fits(left(p_instant, 10))
       AND p_instant ~ '^.{10}T([01][0-9]|2[0-3])(:[0-5][0-9]){2}([.][0-9]{1,6})?(Z|[+-](0[0-9]|1[0-5]):[0-5][0-9])$'
$$;

CREATE OR REPLACE FUNCTION schedule_fits(p_schedule jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT appointed.hours_fit(p_schedule -> 'week', true) AND appointed.hours_fit(p_schedule -> 'breaks', true)
       AND (SELECT coalesce(bool_and(appointed.date_fits(d.day) AND appointed.hours_fit(d.hours, false)), true)
                   AND count(*) = count(DISTINCT d.day)
              FROM jsonb_to_recordset(coalesce(p_schedule -> 'special_days', '[]')) AS d (day text, hours jsonb))
       AND (SELECT coalesce(bool_and(CASE
                       WHEN appointed.instant_fits(c.starts_at) AND (c.ends_at IS NULL OR appointed.instant_fits(c.ends_at))
                       THEN c.starts_at::timestamptz < coalesce(c.ends_at::timestamptz, 'infinity')
                       ELSE false END), true)
              FROM jsonb_to_recordset(coalesce(p_schedule -> 'closures', '[]')) AS c (starts_at text, ends_at text))
$$;

-- What is there is looked at again.
ALTER TABLE branch DROP CONSTRAINT branch_opening_hours_check, ADD CHECK (schedule_fits(opening_hours));
ALTER TABLE resource DROP CONSTRAINT resource_schedule_check, ADD CHECK (schedule_fits(schedule));
ALTER TABLE service DROP CONSTRAINT service_booking_hours_check, ADD CHECK (schedule_fits(booking_hours));
