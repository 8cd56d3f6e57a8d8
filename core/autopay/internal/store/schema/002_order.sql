-- What waits is read whole by its state; what is over by the day on which it came.
CREATE INDEX autopay_turn_by_state ON autopay_turn (person, state, known, id);
CREATE INDEX autopay_turn_of_order ON autopay_turn (person, standing, state, known, id);
DROP INDEX autopay_turn_by_order;
