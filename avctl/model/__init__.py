"""The ground floor: frozen values every floor above agrees on. No I/O, no time, no logging; standard library only."""
