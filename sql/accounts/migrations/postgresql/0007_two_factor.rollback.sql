DROP TABLE recovery_codes;
DROP TABLE two_factor;
DROP FUNCTION recovery_codes_final();
DROP FUNCTION two_factor_step();
DROP FUNCTION two_factor_unchanged();
