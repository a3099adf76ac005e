"""What funders ask for beside money: indicators as data, enterprises that were supported, jobs."""
